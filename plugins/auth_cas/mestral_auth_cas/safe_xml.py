"""XML of others, by the parser of the standard library, without what makes XML dangerous.

Guarantees: a document type declaration, and with it every entity of its own, is refused before anything is
expanded or loaded; comments and processing instructions leave no trace, so they cut no text in two.
"""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat


class XmlError(ValueError):
    """It is no XML, or one that is refused; the text says why and holds nothing of the document."""


def parse(document: bytes, charset: str | None = None) -> Element:
    """The root of a document; tags are `{namespace}name`.

    Args:
        document: Its bytes, of bounded size.
        charset: What HTTP said of its encoding, which outweighs what the document says (RFC 7303).

    Raises:
        XmlError: See there.
    """
    tree = TreeBuilder()
    try:
        parser = expat.ParserCreate(charset, "}")
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = lambda tag, given: tree.start(_name(tag), given)
        parser.EndElementHandler = lambda tag: tree.end(_name(tag))
        parser.CharacterDataHandler = tree.data
        parser.Parse(document, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        reason = str(error) if isinstance(error, (XmlError, expat.ExpatError)) else "its encoding is unknown"
        raise XmlError(reason) from error
    return tree.close()


def _refuse(*_: object) -> None:
    raise XmlError("it has a document type declaration")


def _name(tag: str) -> str:
    return "{" + tag if "}" in tag else tag
