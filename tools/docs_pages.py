"""Pages of the site from outside docs/: changelog, benchmarks, front page, and a page to try."""

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
NETWORK = ROOT / "packages" / "colorunet" / "networks_shipped" / "colorunet"
_FRONT = """
![Photographs as gray input, truth and colourised](pictures/front.jpg)

```
pip install .            # in the checkout; no torch
colorunet photo.jpg      # colorized/photo.jpg
```

<a href="demo/index.html">Try it in this browser</a>, with nothing installed: photos stay on
your machine.
"""
_INTO_DOCS = re.compile(r"\]\((?:\.\./)?docs/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, with links relative to the site's root."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        up = "../" * page.count("/")
        text = _INTO_DOCS.sub(f"]({up}", text)
        if page == "index.md":
            title, _, rest = text.partition("\n\n")
            text = f"{title}\n{_FRONT}\n{rest}"
        files.append(File.generated(config, page, content=text))
    picture = str(NETWORK / "pictures.jpg")
    files.append(File.generated(config, "pictures/front.jpg", abs_src_path=picture))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Write the page that colours in the browser into the site, to try."""
    from colorunet.page.static_site import write_site

    write_site(NETWORK, "colorunet", Path(config.site_dir) / "demo", overwrite=True)
