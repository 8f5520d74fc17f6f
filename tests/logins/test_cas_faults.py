"""What a CAS server may do wrong, and what it may say (contract/AUTH.md B21, B27)."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import httpx2
import jwt
import pytest
from tests.logins.hostile_cas import GUI, NAMESPACE, USER, Cas, answer, hostile, response, success


@pytest.fixture(scope="module")
def module_cas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cas]:
    with hostile(tmp_path_factory.mktemp("faults")) as cas:
        yield cas


@pytest.fixture
def cas(module_cas: Cas) -> Cas:
    module_cas.answers, module_cas.asked = {}, []
    return module_cas


def verdict(answered: httpx2.Response) -> tuple[int, object]:
    """Status, and who was let in or the sentence."""
    body = answered.json()
    if answered.status_code == 401:
        assert body == {"authenticated": False, "user": None, "token": None, "message": "Can't verify user"}
    elif answered.status_code != 200:
        assert body["error"] is True
    return answered.status_code, body.get("user")


def test_the_ticket_is_asked_of_p3_once_and_as_it_was_given(cas: Cas) -> None:
    cas.says(success(USER))
    assert verdict(cas.log_in()) == (200, "alice")
    assert cas.asked == [("p3/serviceValidate", {"service": f"{GUI}?a=1&b", "ticket": "ST-1+&"})]


@pytest.mark.parametrize("status", [404, 405, 501, 302])
def test_a_server_without_p3_is_asked_in_the_way_of_cas_2(cas: Cas, status: int) -> None:
    cas.answers = {
        "p3/serviceValidate": answer(b"<html>", status, "text/html", ("Location", "/cas/login")),
        "serviceValidate": answer(success(USER).encode(), 200, "text/xml"),
    }
    assert verdict(cas.log_in()) == (200, "alice")
    assert [path for path, _ in cas.asked] == ["p3/serviceValidate", "serviceValidate"]


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize("code", ["INVALID_TICKET", "INVALID_SERVICE", "INVALID_REQUEST", "", "x y"])
def test_a_refusal_is_a_refusal_and_p3_is_not_asked_twice(cas: Cas, code: str, status: int) -> None:
    text = "Ticket ST-1+ not recognized"
    failure = f'<cas:authenticationFailure code="{code}">{text}</cas:authenticationFailure>'
    cas.says(response(failure), status=status)
    assert verdict(cas.log_in()) == (401, None)
    assert len(cas.asked) == 1
    shown = code if code.isidentifier() else "no known code"
    assert f"the CAS server answers {shown}" in cas.site.log
    assert text not in cas.site.log


def test_a_fault_of_the_server_is_no_refusal(cas: Cas) -> None:
    cas.says(response('<cas:authenticationFailure code="INTERNAL_ERROR">oops</cas:authenticationFailure>'))
    answered = cas.log_in()
    assert answered.status_code == 503
    assert answered.headers["retry-after"]
    assert "internal error" in answered.json()["error_message"]


@pytest.mark.parametrize(
    "kind", ["text/xml", "text/xml; charset=utf-8", "application/xml;charset=UTF-8", "text/html", ""]
)
def test_the_kind_of_the_answer_does_not_matter(cas: Cas, kind: str) -> None:
    cas.says(success("<cas:user>zo\u00eb</cas:user>"), kind=kind)
    assert verdict(cas.log_in()) == (200, "zo\u00eb")


@pytest.mark.parametrize(
    ("head", "kind", "encoding"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "text/xml", "latin-1"),
        ("", "text/xml; charset=iso-8859-1", "latin-1"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "text/xml", "utf-16"),
        ("\ufeff", "text/xml", "utf-8"),
    ],
)
def test_encodings(cas: Cas, head: str, kind: str, encoding: str) -> None:
    cas.says((head + success("<cas:user>zo\u00eb</cas:user>")).encode(encoding), kind=kind)
    assert verdict(cas.log_in()) == (200, "zo\u00eb")


@pytest.mark.parametrize(
    ("body", "user"),
    [
        (success("\n  <cas:user>\n  alice </cas:user>\n"), "alice"),
        (success("<cas:user>ali<!-- -->ce.other</cas:user>"), "alice.other"),
        (success("<cas:user><![CDATA[ali]]>ce</cas:user>"), "alice"),
        (success(f"{USER}<cas:attributes/>"), "alice"),
        (success(f"{USER}<other/>text"), "alice"),
        (success(USER).replace("cas:", "").replace("xmlns:cas", "xmlns"), "alice"),
        (success(USER).replace("cas:", "c-1.x:").replace("xmlns:cas", "xmlns:c-1.x"), "alice"),
    ],
)  # fmt: skip
def test_forms_of_an_answer(cas: Cas, body: str, user: str) -> None:
    cas.says(body)
    assert verdict(cas.log_in()) == (200, user)


def test_groups(cas: Cas) -> None:
    groups = "".join(f"<cas:memberOf>{name}</cas:memberOf>" for name in ("earth", " climate ", ""))
    other = '<memberOf xmlns="urn:other">root</memberOf><cas:memberof>root</cas:memberof>'
    cas.says(
        success(f"{USER}<cas:memberOf>root</cas:memberOf><cas:attributes>{groups}{other}</cas:attributes>")
    )
    token = cas.log_in().json()["token"].removeprefix("Bearer ")
    assert jwt.decode(token, options={"verify_signature": False})["groups"] == ["earth", "climate"]


VOUCHED = f"<cas:authenticationSuccess>{USER}</cas:authenticationSuccess>"

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">{success(USER)}', id="external DTD"),
        pytest.param(f"<!DOCTYPE x []>{success(USER)}", id="empty DTD"),
        pytest.param('<!DOCTYPE x [<!ENTITY e "alice">]>' + success("<cas:user>&e;</cas:user>"), id="entity"),
        pytest.param(
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + success("<cas:user>&e;</cas:user>"),
            id="file",
        ),
        pytest.param(BOMB + success("<cas:user>&i;</cas:user>"), id="billion laughs"),
        pytest.param(success("<cas:user>&nbsp;</cas:user>"), id="entity that is not declared"),
        pytest.param("", id="nothing"),
        pytest.param("yes\nalice\n", id="CAS 1"),
        pytest.param('{"serviceResponse": {"authenticationSuccess": {"user": "alice"}}}', id="JSON"),
        pytest.param("<html><body>Welcome, alice</body></html>", id="HTML"),
        pytest.param(success(USER)[:-1], id="cut off"),
        pytest.param(success(USER) + success(USER), id="two documents"),
        pytest.param(success(USER).replace(NAMESPACE, "http://www.yale.edu/tp/CAS"), id="other namespace"),
        pytest.param(success(USER).replace("cas:", "").replace("xmlns:cas", "ns"), id="no namespace"),
        pytest.param(success(USER).replace("cas:serviceResponse", "cas:proxyResponse"), id="other root"),
        pytest.param(success(USER).replace("Success>", "Successful>"), id="other verdict"),
        pytest.param(success(USER).replace("cas:auth", "cas:my_auth"), id="verdict that ends so"),
        pytest.param(response(""), id="no verdict"),
        pytest.param(success(f"{USER}{USER}"), id="two users"),
        pytest.param(success(""), id="no user"),
        pytest.param(success("<cas:user>ali<b>ce</b></cas:user>"), id="user with markup"),
        pytest.param(
            response(
                f'<cas:authenticationFailure code="INVALID_TICKET"/>'
                f"{VOUCHED}"
            ),
            id="both verdicts",
        ),
        pytest.param(response(f"<cas:x>{VOUCHED}</cas:x>"), id="deeper"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param('<?xml version="1.0" encoding="rot13"?>' + success(USER), id="encoding"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_cas_is_502(cas: Cas, body: str | bytes) -> None:
    cas.says(body)
    answered = cas.log_in()
    assert verdict(answered) == (502, None)
    assert answered.json()["error_message"] == "The CAS server does not answer as it should."


@pytest.mark.parametrize("user", ["", " ", "a\tb", "x" * 300, "a&#10;b"])
def test_a_name_that_is_none_is_refused(cas: Cas, user: str) -> None:
    cas.says(success(f"<cas:user>{user}</cas:user>"))
    assert verdict(cas.log_in()) == (401, None)


def test_a_ticket_of_a_proxy_is_refused(cas: Cas) -> None:
    cas.says(success(f"{USER}<cas:proxies><cas:proxy>https://other.example/</cas:proxy></cas:proxies>"))
    assert verdict(cas.log_in()) == (401, None)


@pytest.mark.parametrize("status", [201, 204, 400, 403, 500, 503])
def test_an_answer_of_another_status_lets_nobody_in(cas: Cas, status: int) -> None:
    cas.says(success(USER) if status != 204 else "", status=status)
    assert verdict(cas.log_in()) == (502, None)


def test_a_redirect_is_not_followed_and_the_log_says_what_to_set(cas: Cas) -> None:
    body = success(USER).encode()
    moved = answer(body, 302, "text/xml", ("Location", f"{cas.url}elsewhere"))
    found = answer(body, 200, "text/xml")
    cas.answers = {"p3/serviceValidate": moved, "serviceValidate": moved, "elsewhere": found}
    assert verdict(cas.log_in()) == (502, None)
    assert [path for path, _ in cas.asked] == ["p3/serviceValidate", "serviceValidate"]
    assert "set the address that it redirects to" in cas.site.log


def test_a_server_that_is_down_is_503(cas: Cas) -> None:
    answered = cas.log_in("v3")
    assert verdict(answered) == (503, None)
    assert answered.json()["error_message"] == "The CAS server cannot be reached, try again later."
    assert answered.headers["retry-after"]


def test_one_that_hangs_up_is_502(cas: Cas) -> None:
    cas.answers = {"p3/serviceValidate": lambda handler: handler.connection.close()}
    assert verdict(cas.log_in())[0] == 502


def test_an_answer_without_end_is_502(cas: Cas) -> None:
    ended = threading.Event()

    def send(handler: BaseHTTPRequestHandler) -> None:
        answer(success(USER).encode(), 200, "text/xml")(handler)
        try:
            while True:
                handler.wfile.write(b" " * 65536)
        finally:
            ended.set()

    cas.answers = {"p3/serviceValidate": send}
    assert verdict(cas.log_in()) == (502, None)
    assert ended.wait(60), "Mestral has hung up"


def test_a_slow_server_costs_a_bounded_time_and_holds_up_nobody_else(cas: Cas) -> None:
    """One says nothing, one a byte now and then; meanwhile others are answered."""
    over = threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> None:
        over.wait()

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        answer(b"", 200, "text/xml")(handler)
        while not over.wait(0.1):
            handler.wfile.write(b" ")

    try:
        with ThreadPoolExecutor() as threads:
            logins = []
            for slow in (silent, dripping):
                cas.answers = {"p3/serviceValidate": slow}
                asked = len(cas.asked)
                logins.append(threads.submit(cas.log_in))
                while len(cas.asked) == asked:
                    time.sleep(0.01)
            assert httpx2.get(f"{cas.site.url}/health/live", timeout=60).status_code == 200
            assert not any(login.done() for login in logins)
            for login in logins:
                answered = login.result(timeout=60)
                assert verdict(answered) == (503, None)
                assert answered.json()["error_message"] == "The CAS server does not answer, try again later."
    finally:
        over.set()
