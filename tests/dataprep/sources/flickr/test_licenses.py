"""Licences by name and group."""

import pytest

from dataprep.errors import DataprepError
from dataprep.sources.flickr.licenses import DEFAULT, GROUPS, LICENSES, license_ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("by", "4,11"),
        ("CC BY 2.0", "4"),
        ("by-2.0,by-sa-4.0", "4,12"),
        ("cc0, pdm", "9,10"),
        ("4", "4"),
        ("0", "0"),
        ("all-rights-reserved", "0"),
        ("All Rights Reserved", "0"),
        ("by-nd", "6,13"),
        ("CC-BY-NC-ND", "3,16"),
        ("public-domain", "7,8,9,10"),
        ("by,public-domain", "4,7,8,9,10,11"),
    ],
)
def test_licences_are_named_in_many_ways(text, ids):
    assert ",".join(license_ids(text)) == ids


def test_groups_have_neither_nd_nor_all_rights_reserved():
    for group in GROUPS:
        names = [LICENSES[i].short for i in license_ids(group)]
        assert not any("nd" in name.split("-") or name.startswith("all") for name in names)
    left = {LICENSES[i].short for i in LICENSES.keys() - set(license_ids(DEFAULT))}
    assert all("nd" in name.split("-") or name.startswith("all") for name in left)


def test_unknown_licence_names_what_there_is():
    with pytest.raises(DataprepError, match=r"'by-xx': not known.*derivatives.*by-nc-sa"):
        license_ids("by,by-xx")
