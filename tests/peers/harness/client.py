"""An HTTP client that sends exactly the header lines it is given, twice the same name included."""

import http.client
import json
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    header_lines: list
    body: bytes

    def header(self, name):
        """The value of a header that must be there once."""
        values = [value for key, value in self.header_lines if key.lower() == name]
        assert len(values) == 1, f"{name} should be there once: {self}"
        return values[0]

    def has_header(self, name):
        return any(key.lower() == name for key, _ in self.header_lines)

    def json(self):
        return json.loads(self.body)


def request(port, method="GET", path="/", header_lines=(), body=None, seconds=15):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in header_lines:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def answers_200(port, path):
    """A readiness condition: is somebody there, and content?"""

    def condition():
        try:
            return request(port, path=path, seconds=2).status == 200
        except (OSError, http.client.HTTPException):
            return False

    return condition
