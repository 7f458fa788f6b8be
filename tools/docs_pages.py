"""Pages of the site that lie beside docs/: changelog, benchmarks, how to contribute; its front."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
# Where the repository has a page, and where the site has it.
PAGES = {
    "docs/about.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "benchmarks/RESULTS.md": "benchmarks/RESULTS.md",
}
_INTO_DOCS = re.compile(r"\]\((?:\.\./)?docs/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, with links that lead from the site's root instead of the repository's."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        up = "../" * page.count("/")
        files.append(File.generated(config, page, content=_INTO_DOCS.sub(f"]({up}", text)))
    return files
