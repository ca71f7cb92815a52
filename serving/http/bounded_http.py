"""HTTP with a bound on a request's head: the parser itself keeps as many headers as a client sends.

What belongs here: what must hold before a request has a route. Everything later is `serving.http.gate`.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["MAX_HEAD_BYTES", "BoundedHttp"]

MAX_HEAD_BYTES = 65_536


class BoundedHttp(HttpToolsProtocol):
    """Answers 400 and closes the connection once a request line and its headers exceed MAX_HEAD_BYTES."""

    _in_head = False
    _head_bytes = 0

    def on_message_begin(self) -> None:
        """A request starts."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """The rest is body, which the application bounds."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take what arrived; counted while the head is not complete."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The request's headers are too long.")
