"""The mark in an XMP packet: merged into one, and read from one.

XMP specification part 1 (ISO 16684-1:2019): serialization in chapter 7, packets in 7.3.
"""

from collections.abc import Iterator
from xml.dom import Node
from xml.dom.minidom import Attr, Document, Element

from colorunet.evidence.mark import Mark
from colorunet.evidence.vocabulary import ACTION, DIGITAL_SOURCE_TYPE, NAMESPACES, SOFTWARE
from colorunet.evidence.xml_tree import parse_xml, write_xml

_START = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'
_EMPTY = (
    f'<x:xmpmeta xmlns:x="{NAMESPACES["x"]}"><rdf:RDF xmlns:rdf="{NAMESPACES["rdf"]}"/></x:xmpmeta>'
).encode()
_PADDING = b" \t\r\n\0"
_SYSTEM = {"AISystemUsed": SOFTWARE, "AISystemVersionUsed": ""}


def with_mark(xmp: bytes, mark: Mark, *, description: str = "", sidecar_for: str = "") -> bytes:
    """Return a packet with the mark merged in; other properties are unchanged.

    Args:
        xmp: the packet of the photo, b"" for none.
        mark: what to say.
        description: of the photo, from elsewhere, for a packet that has none.
        sidecar_for: the suffix of the file that it is a sidecar of, without its dot.

    Raises:
        ValueError: the packet can't be parsed.
    """
    document = parse_xml(xmp.strip(_PADDING) or _EMPTY)
    rdf = _rdf_of(document)
    before = _taken(rdf, "Iptc4xmpExt", "DigitalSourceType")
    own = _added(rdf, "rdf:Description")
    for prefix in ("Iptc4xmpExt", "dc", "xmpMM"):
        _declare(own, prefix)
    about = _descriptions(rdf)[0].getAttributeNS(NAMESPACES["rdf"], "about")  # the same in all
    own.setAttributeNS(NAMESPACES["rdf"], "rdf:about", about)
    _added(own, "Iptc4xmpExt:DigitalSourceType", DIGITAL_SOURCE_TYPE)
    for name, value in (_SYSTEM | {"AISystemVersionUsed": mark.version}).items():
        if not any(_values(rdf, "Iptc4xmpExt", name)):
            _added(own, f"Iptc4xmpExt:{name}", value)
    if sidecar_for:
        _taken(rdf, "photoshop", "SidecarForExtension")
        _added(own, "photoshop:SidecarForExtension", sidecar_for.upper())
    _describe(rdf, own, mark, description)
    _record_event(rdf, own, mark, before)
    root = document.documentElement
    assert root is not None
    return (_START + write_xml(root) + _END).encode()


def mark_of_xmp(xmp: bytes) -> Mark | None:
    """Return the newest mark of a packet; None without one or for an invalid packet."""
    try:
        rdf = _rdf_of(parse_xml(xmp.strip(_PADDING)))
    except ValueError:
        return None
    if DIGITAL_SOURCE_TYPE not in set(_values(rdf, "Iptc4xmpExt", "DigitalSourceType")):
        return None
    marks = [
        Mark.of_event(*(_field(event, name) for name in ("softwareAgent", "parameters", "when")))
        for event in _items(rdf, "xmpMM", "History")
    ]
    return next((mark for mark in reversed(marks) if mark is not None), None)


def property_of_xmp(xmp: bytes, prefix: str, name: str) -> str:
    """Return the text of a simple property; "" without one or for an invalid packet.

    Args:
        xmp: the packet.
        prefix: of the namespace, as ``NAMESPACES`` has it.
        name: of the property.
    """
    try:
        rdf = _rdf_of(parse_xml(xmp.strip(_PADDING)))
    except ValueError:
        return ""
    return next(_values(rdf, prefix, name), "")


def _rdf_of(document: Document) -> Element:
    found = document.getElementsByTagNameNS(NAMESPACES["rdf"], "RDF")
    if not found:
        raise ValueError("XMP without rdf:RDF")
    return found[0]


def _children(element: Element, prefix: str, name: str) -> list[Element]:
    """Return the child elements of that name."""
    wanted = NAMESPACES[prefix], name
    return [
        node
        for node in element.childNodes
        if isinstance(node, Element) and (node.namespaceURI, node.localName) == wanted
    ]


def _descriptions(rdf: Element) -> list[Element]:
    return _children(rdf, "rdf", "Description")


def _found(rdf: Element, prefix: str, name: str) -> Iterator[Element | Attr]:
    """Yield the occurrences of a top-level property: elements or attributes."""
    for description in _descriptions(rdf):
        yield from _children(description, prefix, name)
        attribute = description.getAttributeNodeNS(NAMESPACES[prefix], name)
        if attribute is not None:
            yield attribute


def _values(rdf: Element, prefix: str, name: str) -> Iterator[str]:
    for place in _found(rdf, prefix, name):
        if isinstance(place, Attr):
            yield place.value
            continue
        resource = place.getAttributeNS(NAMESPACES["rdf"], "resource")
        yield resource or _text(place).strip()


def _taken(rdf: Element, prefix: str, name: str) -> str:
    """Remove a top-level property and return its text, or ""."""
    text = next(_values(rdf, prefix, name), "")
    for place in list(_found(rdf, prefix, name)):
        if isinstance(place, Attr):
            assert place.ownerElement is not None
            place.ownerElement.removeAttributeNS(NAMESPACES[prefix], name)
        else:
            assert place.parentNode is not None
            place.parentNode.removeChild(place)
    return text


def _text(element: Element) -> str:
    return "".join(node.nodeValue or "" for node in element.childNodes if node.nodeType in (3, 4))


def _items(rdf: Element, prefix: str, name: str) -> Iterator[Element]:
    """Yield the items of a top-level array of any kind."""
    for place in _found(rdf, prefix, name):
        if isinstance(place, Element):
            for kind in ("Seq", "Bag", "Alt"):
                for array in _children(place, "rdf", kind):
                    yield from _children(array, "rdf", "li")


def _field(event: Element, name: str) -> str:
    """Return a field of a structure, in any of its three forms."""
    for holder in (event, *_children(event, "rdf", "Description")):
        if value := holder.getAttributeNS(NAMESPACES["stEvt"], name):
            return str(value)
        for child in _children(holder, "stEvt", name):
            return _text(child).strip()
    return ""


def _declare(element: Element, prefix: str) -> None:
    """Bind a prefix to its namespace, unless an ancestor does."""
    node: Node | None = element
    while isinstance(node, Element):
        if bound := node.getAttribute(f"xmlns:{prefix}"):
            if bound == NAMESPACES[prefix]:
                return
            break
        node = node.parentNode
    element.setAttributeNS(NAMESPACES["xmlns"], f"xmlns:{prefix}", NAMESPACES[prefix])


def _added(parent: Element, name: str, text: str = "") -> Element:
    """Append an element under a prefix of ``NAMESPACES``."""
    document = parent.ownerDocument
    assert document is not None
    prefix = name.partition(":")[0]
    element = document.createElementNS(NAMESPACES[prefix], name)
    parent.appendChild(element)
    _declare(element, prefix)
    if text:
        element.appendChild(document.createTextNode(text))
    return element


def _describe(rdf: Element, own: Element, mark: Mark, description: str) -> None:
    """Append the note to the default description, in any of its forms."""
    existing = list(_items(rdf, "dc", "description"))
    if not existing:
        text = _taken(rdf, "dc", "description") or _legal(description)
        array = _added(_added(own, "dc:description"), "rdf:Alt")
        existing = [_added(array, "rdf:li", text)]
        existing[0].setAttributeNS(NAMESPACES["xml"], "xml:lang", "x-default")
    languages = [node.getAttributeNS(NAMESPACES["xml"], "lang") for node in existing]
    default = existing[languages.index("x-default") if "x-default" in languages else 0]
    text = _text(default)
    if mark.note in text:
        return
    assert default.ownerDocument is not None
    note = f"{text.rstrip()}\n{mark.note}" if text.strip() else mark.note
    for node in list(default.childNodes):
        default.removeChild(node)
    default.appendChild(default.ownerDocument.createTextNode(note))


def _legal(text: str) -> str:
    """Return a text without the control characters that XML 1.0 forbids."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n\r")


def _record_event(rdf: Element, own: Element, mark: Mark, before: str) -> None:
    arrays = [
        array
        for place in _found(rdf, "xmpMM", "History")
        if isinstance(place, Element)
        for kind in ("Seq", "Bag")
        for array in _children(place, "rdf", kind)
    ]
    array = arrays[-1] if arrays else _added(_added(own, "xmpMM:History"), "rdf:Seq")
    event = _added(array, "rdf:li")
    _declare(event, "stEvt")
    _declare(event, "rdf")
    event.setAttributeNS(NAMESPACES["rdf"], "rdf:parseType", "Resource")
    parameters = mark.parameters
    if before and before != DIGITAL_SOURCE_TYPE:
        parameters += f"; digital source type before: {before}"
    fields = {
        "action": ACTION,
        "softwareAgent": mark.agent,
        "parameters": parameters,
        "when": mark.day,
        "changed": "/",
    }
    for name, value in fields.items():
        if value:
            _added(event, f"stEvt:{name}", value)
