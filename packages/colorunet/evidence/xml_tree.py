"""XML of metadata, parsed within limits and without document types or entities."""

from collections.abc import Iterator
from xml.dom import expatbuilder
from xml.dom.minidom import Document, Element, Node
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape, quoteattr

MAX_BYTES = 16 << 20  # of a packet; cameras write some KB, editors with a history a few MB
_MAX_DEPTH = 100  # of nested elements


class _WithoutDoctype(expatbuilder.ExpatBuilderNS):
    """Tree builder that refuses document types, which declare entities."""

    def start_doctype_decl_handler(self, *_: object) -> None:
        raise ValueError("a document type, which isn't allowed")


def parse_xml(data: bytes) -> Document:
    """Parse an XML document.

    Raises:
        ValueError: it is malformed, larger than 16 MB, nested deeper than 100 levels, or has a
            document type.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"XML of {len(data):,} bytes; at most {MAX_BYTES:,}")
    try:
        document = _WithoutDoctype().parseString(data)
    except (ExpatError, LookupError, TypeError, UnicodeError) as error:
        raise ValueError(f"malformed XML: {error}") from None
    if _is_deep(document):
        raise ValueError(f"XML nested deeper than {_MAX_DEPTH} levels")
    return document


def write_xml(element: Element) -> str:
    """Serialize an element; line breaks in attributes become character references."""
    return "".join(_parts(element))


def _is_deep(document: Document) -> bool:
    level: list[Node] = [document]
    for _ in range(_MAX_DEPTH):
        level = [child for node in level for child in node.childNodes]
        if not level:
            return False
    return True


def _parts(node: Node) -> Iterator[str]:
    if node.nodeType in (Node.TEXT_NODE, Node.CDATA_SECTION_NODE):
        yield escape(node.nodeValue or "", {"\r": "&#13;"})
    elif node.nodeType == Node.COMMENT_NODE:
        yield f"<!--{node.nodeValue}-->"
    elif isinstance(node, Element):
        yield f"<{node.tagName}"
        for name, value in node.attributes.items():
            yield f" {name}={quoteattr(value)}"
        if not node.childNodes:
            yield "/>"
            return
        yield ">"
        for child in node.childNodes:
            yield from _parts(child)
        yield f"</{node.tagName}>"
