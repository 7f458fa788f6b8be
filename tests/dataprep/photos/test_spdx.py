"""Licences get the identifiers of SPDX's list, or a LicenseRef of their own name."""

import pytest
from license_expression import get_spdx_licensing

from dataprep.photos.spdx import NO_ASSERTION, spdx_id, spdx_url
from dataprep.sources.flickr.licenses import LICENSES

_SPDX = get_spdx_licensing()


@pytest.mark.parametrize("license", LICENSES.values(), ids=lambda license: license.short)
def test_every_licence_of_flickr_has_an_identifier_of_spdx_or_a_reference(license) -> None:
    identifier = spdx_id(license.name, license.url)
    if "creativecommons" in license.url:
        assert _SPDX.validate(identifier).errors == []
        assert spdx_id(license.name) == spdx_id("", license.url) == identifier
        assert spdx_url(identifier) == f"https://spdx.org/licenses/{identifier}.html"
    else:
        assert identifier.startswith("LicenseRef-")
        assert spdx_url(identifier) == ""
    assert str(_SPDX.parse(identifier)) == identifier


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        ("CC BY-SA 4.0", "", "CC-BY-SA-4.0"),
        ("cc-by-nc-nd-2.0", "", "CC-BY-NC-ND-2.0"),
        ("CC0 1.0", "", "CC0-1.0"),
        ("", "http://creativecommons.org/publicdomain/mark/1.0", "CC-PDM-1.0"),
        ("SUN database: research use", "", "LicenseRef-sun-database-research-use"),
        ("CC BY 2.0 but ask me first", "", "LicenseRef-cc-by-2-0-but-ask-me-first"),
        (
            "",
            "https://example.org/licenses/by/2.0/",
            "LicenseRef-https-example-org-licenses-by-2-0",
        ),
        ("", "", NO_ASSERTION),
    ],
)
def test_a_licence_is_known_by_address_or_name(name: str, url: str, expected: str) -> None:
    assert spdx_id(name, url) == expected
