"""What every picture is made of: text, and the document around it.

Guarantees: whatever text is given, the result is well-formed XML and shows it; characters that XML cannot
hold are shown as U+FFFD.
"""

import re
from collections.abc import Iterable

_SPECIAL = re.compile("[<>&\"'\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&#39;"}

_STYLE = """
.mestral{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif}
.mestral text{fill:#1b1f24}
.mestral .paper{fill:#fff}
.mestral .big{font-size:17px;font-weight:600}
.mestral .soft{fill:#57606a}
.mestral .small{font-size:11px}
.mestral .halo{stroke:#fff;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
@media (prefers-color-scheme:dark){
.mestral .paper{fill:#14181d}
.mestral text{fill:#e6e9ed}
.mestral .soft{fill:#9aa4af}
.mestral .halo{stroke:#14181d}
}
"""


def escape(text: str) -> str:
    """A text as XML holds it, between tags as well as in attributes."""
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], "\ufffd"), text)


def document(title: str, description: str, size: tuple[int, int], style: str, body: Iterable[str]) -> str:
    """A whole picture.

    Args:
        title: What it is, in a few words.
        description: What it shows, in a sentence, for those who cannot see it.
        size: Width and height in pixels.
        style: Its own CSS, after the common one.
        body: What is drawn, from back to front.
    """
    width, height = size
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="mestral" role="img" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
            f'<style>{_STYLE}{style}</style><rect class="paper" width="100%" height="100%"/>',
            *body,
            "</svg>\n",
        )
    )


def words(x: float, y: float, text: str, kind: str = "") -> str:
    """A line of text that begins there; `kind`: its classes."""
    look = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{look}>{escape(text)}</text>'


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is in pixels, in the widest of the fonts.

    Args:
        text: The text.
        size: Of its letters, in pixels.
        bold: Whether it is bold.
    """
    wide = sum(letter.isupper() or letter in "_…" for letter in text)
    return size * (0.6 * (len(text) - wide) + 0.71 * wide) * (1.12 if bold else 1)
