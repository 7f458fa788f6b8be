"""The mark merged into XMP packets, and read from them."""

import pytest

from colorunet.evidence.mark import Mark
from colorunet.evidence.vocabulary import DIGITAL_SOURCE_TYPE
from colorunet.evidence.xmp import mark_of_xmp, with_mark

MARK = Mark("0.1.0", "colorunet", "ab" * 32, "2026-11-30")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OLD = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Camera 1"><r:RDF xmlns:r="{RDF}">
<r:Description r:about="uuid:1" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Make="A&#10;B"
 xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 e:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm">
<dc:description xmlns:dc="http://purl.org/dc/elements/1.1/"><r:Alt>
<r:li xml:lang="de">Ein Feld</r:li><r:li xml:lang="x-default">A &lt;field&gt;</r:li>
</r:Alt></dc:description><!-- kept --></r:Description></r:RDF></x:xmpmeta>
<?xpacket end="w"?>      """.encode()
HISTORY = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">
<rdf:Description rdf:about="" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" dc:description="short form"
 xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#">
<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:softwareAgent="Editor 7"/></rdf:Seq>
</xmpMM:History></rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


@pytest.mark.parametrize("packet", [b"", OLD, HISTORY])
def test_a_mark_comes_back_as_it_was_written(packet: bytes) -> None:
    assert mark_of_xmp(packet) is None
    assert mark_of_xmp(with_mark(packet, MARK)) == MARK


def test_what_the_packet_said_before_is_kept() -> None:
    text = with_mark(OLD, MARK).decode()
    assert 'x:xmptk="Camera 1"' in text
    assert 'tiff:Make="A&#10;B"' in text
    assert ">Ein Feld<" in text
    assert "<!-- kept -->" in text
    assert "A &lt;field&gt;\nThe colours of this picture were estimated" in text
    assert "digital source type before: http://cv.iptc.org" in text
    assert text.count("DigitalSourceType>") == 2
    assert 'stEvt:softwareAgent="Editor 7"' in with_mark(HISTORY, MARK).decode()
    assert "short form\nThe colours" in with_mark(HISTORY, MARK).decode()


def test_a_picture_coloured_twice_has_two_events_and_one_note() -> None:
    later = Mark("0.1.0", "colorunet-listed", "cd" * 32, "2026-12-01")
    twice = with_mark(with_mark(b"", MARK), later)
    assert twice.count(b"The colours of this picture") == 1
    assert twice.count(b"colourised by network") == 2
    assert mark_of_xmp(twice) == later


def test_without_the_source_type_or_the_event_there_is_no_mark() -> None:
    marked = with_mark(b"", MARK)
    assert mark_of_xmp(marked.replace(DIGITAL_SOURCE_TYPE.encode(), b"x")) is None
    assert mark_of_xmp(marked.replace(b"ColorUnet 0", b"Painter 0")) is None


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b"<a>" * 200 + b"</a>" * 200, "deeper"),
        (b"<a", "malformed"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "malformed"),
        (b"<a/>", "without rdf:RDF"),
        (b"<a>" + bytes(17 << 20) + b"</a>", "at most"),
    ],
)
def test_packets_that_are_no_xmp_are_refused(packet: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        with_mark(packet, MARK)
    assert mark_of_xmp(packet) is None
