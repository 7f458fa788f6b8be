"""Writes the tree in the README, a line a file, from each file's own first sentence."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- tree: python tools/readme_tree.py -->\n", "<!-- end of tree -->\n"
_FOLDERS = ("packages", "tools", "benchmarks")
_OTHERS = {
    "tests/": "mirrors packages/, plus contract/ (dataprep writes, others read) and rules/",
    "docs/": "architecture, shard format, experiments, and how each source and the training work",
}


def main() -> None:
    """Rewrite the README's tree; with ``--check`` only say whether it is as it should be."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    wanted = with_tree(text)
    if "--check" in sys.argv[1:]:
        sys.exit(0 if text == wanted else "README.md: stale tree; run python tools/readme_tree.py")
    readme.write_text(wanted, encoding="utf-8")


def with_tree(text: str) -> str:
    """Return the README's text with the tree between its marks made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [line for folder in _FOLDERS for line in _lines(ROOT / folder, 0)]
    lines += [f"{name:<28} {words}" for name, words in _OTHERS.items()]
    return f"{before}{BEGIN}```\n" + "\n".join(lines) + f"\n```\n{END}{after}"


def _lines(folder: Path, depth: int) -> list[str]:
    indent = "  " * depth
    lines = [_line(f"{indent}{folder.name}/", _sentence(folder / "__init__.py"))]
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.is_dir():
            if any(_is_shown(inner) for inner in path.rglob("*")):
                lines += _lines(path, depth + 1)
        elif _is_shown(path):
            words = _sentence(path) if path.suffix == ".py" else _first_comment(path)
            lines.append(_line(f"{indent}  {path.name}", words))
    return lines


def _is_shown(path: Path) -> bool:
    if path.suffix == ".py":
        return path.name not in ("__init__.py", "__main__.py")
    return path.suffix == ".toml" or (path.parent == ROOT / "tools" and path.suffix == "")


def _line(name: str, words: str) -> str:
    return f"{name:<28} {words}".rstrip()


def _sentence(path: Path) -> str:
    if not path.exists():
        return ""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return _shortened(docstring.split("\n\n")[0])


def _first_comment(path: Path) -> str:
    for line in path.read_text(encoding="utf-8").splitlines()[:4]:
        if line.startswith("about = "):
            return _shortened(line.removeprefix("about = ").strip('"'))
        if line.startswith("# "):
            return _shortened(line.strip("# "))
    return ""


def _shortened(text: str) -> str:
    return " ".join(text.replace("``", "").split()).split(". ")[0].rstrip(".")


if __name__ == "__main__":
    main()
