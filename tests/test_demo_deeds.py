"""What the demo's page may be asked for, by whom, and how it refuses."""

from __future__ import annotations

import http.client
import json

import pytest

from demo.stage import invitation
from tests.fake_stage import serving, staged


def asked(port: int, deed: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, object]]:
    """One POST to the page's API, as something other than the page sends it."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("POST", f"/demo/{deed}", body, {"Content-Type": "application/json", **headers})
    answer = line.getresponse()
    told: dict[str, object] = json.loads(answer.read())
    line.close()
    return answer.status, told


def test_other_sites_and_other_names_of_this_machine_are_turned_away() -> None:
    body = json.dumps({"who": 501, "text": "hello"})
    script = staged()
    with serving(script) as served:
        here = f"http://127.0.0.1:{served.port}"
        assert asked(served.port, "say", body, {})[0] == 403
        assert asked(served.port, "say", body, {"Origin": "https://elsewhere.example"})[0] == 403
        renamed = {"Host": "elsewhere.example", "Origin": "http://elsewhere.example"}
        assert asked(served.port, "say", body, renamed)[0] == 403
        assert script.standin.heard == []
        assert asked(served.port, "say", body, {"Origin": here}) == (200, {"ok": True})
        assert script.standin.heard == [("says", "Maya", "hello", None, None)]


@pytest.mark.parametrize(
    ("deed", "body", "answer"),
    [
        ("say", "{", (400, "bad_request")),
        ("say", "[]", (400, "bad_request")),
        ("say", '{"who": 501, "text": "  "}', (400, "bad_request")),
        ("say", '{"who": true, "text": "hello"}', (400, "bad_request")),
        ("say", '{"who": 7, "text": "hello"}', (404, "nobody")),
        ("tap", '{"who": 901, "label": "My plan"}', (404, "nobody")),
        ("press", '{"who": 501, "message_id": 99, "data": "x"}', (409, "refused")),
        ("scan", '{"message_id": 99}', (409, "no_invitation")),
        ("clock", '{"to": "next"}', (409, "nothing_due")),
        ("clock", '{"to": "never"}', (400, "bad_request")),
        ("play", "{}", (409, "no_plan")),
        ("play", '{"days": 1000}', (400, "bad_request")),
        ("dance", "{}", (404, "bad_request")),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(deed: str, body: str, answer: tuple[int, str]) -> None:
    with serving(staged()) as served:
        status, told = asked(served.port, deed, body, {"Origin": f"http://127.0.0.1:{served.port}"})
    assert (status, told.get("error")) == answer


def test_the_clock_is_not_moved_twice_at_once() -> None:
    script = staged()
    script.names[501] = "Maya"
    with serving(script, pace=30) as served:
        here = {"Origin": f"http://127.0.0.1:{served.port}"}
        assert asked(served.port, "play", "{}", here)[0] == 200
        assert asked(served.port, "clock", '{"to": "hour"}', here) == (409, {"error": "busy"})
        assert asked(served.port, "stop", "{}", here)[0] == 200
        assert asked(served.port, "clock", '{"to": "hour"}', here)[0] == 200


@pytest.mark.parametrize(
    "message",
    [
        {"caption": "Scan: https://t.me/clinic_bot?start=Ab-_9"},
        {"html": '<a href="https://t.me/clinic_bot?start=Ab-_9&amp;x=1">link</a>'},
        {"inline": [[{"text": "Open", "data": None, "url": "https://telegram.me/clinic_bot?start=Ab-_9"}]]},
    ],
)
def test_the_token_is_found_in_words_links_and_buttons(message: dict[str, object]) -> None:
    assert invitation(message) == "Ab-_9"
    assert invitation({**message, "deleted": True}) is None


def test_other_links_are_no_invitation() -> None:
    assert invitation({"text": "https://t.me/clinic_bot and https://example.com/?start=Ab"}) is None
