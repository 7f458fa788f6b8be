"""``dataprep fetch-flickr`` as scripts see it: stdout, stderr, exit code, and no key anywhere."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dataprep.cli import app
from dataprep.sources.flickr.settings import TAGS

pytestmark = pytest.mark.slow

_KEY, _SECRET = "0123456789abcdef-key", "fedcba98-secret"


@pytest.fixture
def dataprep(tmp_path):
    """Runs the command in a folder of its own."""

    def run(*arguments, key=_KEY, secret=_SECRET):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLICKR")}
        environment |= {"FLICKR_API_KEY": key} if key else {}
        environment |= {"FLICKR_API_SECRET": secret} if secret else {}
        return subprocess.run(
            [sys.executable, "-m", "dataprep", "fetch-flickr", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            timeout=300,
        )

    return run


def test_help_shows_the_promised_defaults():
    text = " ".join(CliRunner().invoke(app, ["fetch-flickr", "--help"]).stdout.split())
    assert ",".join(TAGS) == "landscape,beach,mountains,nature,sunset,sunrise"
    for promised in (",".join(TAGS), "10000", "500", "800", "derivatives", "--max-rejected"):
        assert promised in text


def test_json_is_one_object_and_the_key_is_nowhere(make, serve, dataprep, tmp_path):
    server = serve(make(), key=_KEY)
    options = ("--tags", "beach,nature", "--count", 6, "--out", "photos", "--image-rate", 200)
    done = dataprep(*options, "--api-url", server.api_url, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["kept"], summary["wanted"]) == (6, 6)
    assert done.stderr == ""
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert _KEY.encode() not in content
            assert _SECRET.encode() not in content


@pytest.mark.parametrize("secret", [_SECRET, ""])
def test_key_comes_from_an_env_file_with_or_without_a_secret(
    make, serve, dataprep, tmp_path, secret
):
    server = serve(make(), key=_KEY)
    lines = f'# mine\nexport FLICKR_API_KEY="{_KEY}"\n' + f"FLICKR_API_SECRET={secret}\n" * bool(
        secret
    )
    (tmp_path / "keys").write_text(lines)
    options = ("--tags", "beach", "--count", 2, "--out", "photos", "--api-url", server.api_url)
    assert dataprep(*options, "--env-file", "keys", key="", secret="").returncode == 0
    assert ("api_key" in server.api_calls[0]) == (not secret)


def test_missing_key_is_said_at_once(dataprep):
    failed = dataprep("--out", "photos", key="", secret="")
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert len(failed.stderr.splitlines()) <= 3
    assert "FLICKR_API_KEY" in failed.stderr


def test_wrong_key_is_said_at_once_with_where_to_get_one(make, serve, dataprep):
    server = serve(make(), key="another")
    failed = dataprep("--out", "photos", "--tags", "beach", "--api-url", server.api_url)
    assert failed.returncode == 1
    assert len(failed.stderr.splitlines()) <= 3
    assert "FLICKR_API_KEY" in failed.stderr
    assert "https://www.flickr.com/services/apps/create/" in failed.stderr
    assert _KEY not in failed.stderr + failed.stdout
    assert len(server.api_calls) == 1


def test_no_results_and_dry_tags_are_named(make, serve, dataprep):
    server = serve(make(per_tag=3, common=0))
    options = ("--out", "photos", "--api-url", server.api_url, "--image-rate", 200)
    nothing = dataprep(*options, "--tags", "qwertz,asdf")
    assert nothing.returncode == 1
    assert "'qwertz', 'asdf'" in nothing.stderr
    some = dataprep(*options, "--tags", "beach,asdf", "--count", 5)
    assert some.returncode == 0
    assert "no photos for tag 'asdf'" in some.stderr
    assert "only 3 of 5 photos: no more for asdf, beach" in some.stderr
    assert some.stdout.startswith("3 photos kept (3 beach, 0 asdf), 0 rejected")


def test_more_rejects_than_allowed_exit_with_3_and_no_limit_with_0(make, serve, dataprep):
    library = make(per_tag=6, tags=("beach",), common=0)
    for entry_id in sorted(library.entries, key=int)[:2]:
        library.change(entry_id, kind="gray")
    server = serve(library)
    options = ("--tags", "beach", "--count", 3, "--api-url", server.api_url, "--image-rate", 200)
    assert dataprep(*options, "--out", "a").returncode == 0
    assert dataprep(*options, "--out", "a", "--max-rejected", 2).returncode == 0
    few = dataprep(*options, "--out", "a", "--max-rejected", 1)
    assert few.returncode == 3
    assert few.stdout.startswith("3 photos kept (3 beach), 2 rejected (2 gray)")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--license", "by-xx"), 1, "licence 'by-xx': not known"),
        (("--tags", ","), 1, "no tag in it"),
        (("--min-edge", "900"), 1, "--max-edge"),
        (("--api-url", "nonsense"), 1, "full REST address"),
        (("--count", "0"), 2, "--count"),
        (("--image-rate", "5000"), 2, "--image-rate"),
    ],
)
def test_wrong_options_say_what_is_expected(dataprep, arguments, code, words):
    failed = dataprep("--out", "photos", *arguments)
    assert failed.returncode == code
    assert words in failed.stderr
