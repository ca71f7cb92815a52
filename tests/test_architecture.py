"""The picture in docs/architecture.md is the code: every drawn arrow is an import, and every import is drawn."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import grimp
import pytest

from assets.definitions import declared_assets
from resources.settings import ROOT

PACKAGES = ("assets", "resources", "serving", "evaluation", "benchmarks", "commands")
PAGE = ROOT / "docs" / "architecture.md"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = [contract for contract in CONTRACTS if contract["type"] == "layers"]


@dataclass
class Picture:
    """Rooms, the boxes around each, and the arrows."""

    boxes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Box or room → the boxes that it stands in, outermost first."""
    subgraphs: list[str] = field(default_factory=list)
    """The boxes."""
    arrows: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """Where a box begins; a room's first line as the beginning of one, or else its last as a target."""

    @property
    def rooms(self) -> list[str]:
        """All nodes that are no boxes."""
        return [name for name in self.boxes if name not in self.subgraphs]

    def inside(self, name: str) -> list[str]:
        """The rooms of a box; a room itself."""
        return [room for room in self.rooms if room == name or name in self.boxes[room]]

    def allowed(self, room: str) -> set[str]:
        """The rooms that a path of arrows leads to, from ``room`` or from a box that it stands in."""
        reached: set[str] = set()
        to_visit = [room]
        while to_visit:
            here = to_visit.pop()
            starts = {here, *self.boxes[here]}
            for source, target in self.arrows:
                # The arrow of a box to a room of its own would allow circles inside it.
                if source in starts and target not in reached:
                    reached |= {target, *self.inside(target)}
                    to_visit += [target, *self.inside(target)]
        return reached & set(self.rooms)


def read_picture(text: str) -> Picture:
    """Read the one mermaid graph of a page: ``a --> b``, ``a``, ``subgraph a[label]`` and ``end``, one a line."""
    (block,) = re.findall(r"```mermaid\nflowchart TD\n(.*?)```", text, flags=re.DOTALL)
    picture, around, targets = Picture(), list[str](), dict[str, int]()
    for number, line in enumerate(line.strip() for line in block.splitlines()):
        if line == "end":
            around.pop()
        elif line.startswith("subgraph "):
            name = line.removeprefix("subgraph ").split("[")[0]
            picture.subgraphs.append(name)
            picture.boxes[name] = tuple(around)
            picture.lines[name] = number
            around.append(name)
        elif line:
            source, *rest = line.split(" --> ")
            assert len(rest) <= 1, line
            picture.arrows += [(source, target) for target in rest]
            picture.lines.setdefault(source, number)
            targets |= dict.fromkeys(rest, number)
            for name in (
                source,
                *rest,
            ):  # a name may stand further out too, at the end of an arrow; its box is the inmost
                if len(around) >= len(picture.boxes.get(name, ())) and name not in picture.subgraphs:
                    picture.boxes[name] = tuple(around)
    picture.lines = targets | picture.lines
    assert around == []
    return picture


@pytest.fixture(scope="module")
def picture() -> Picture:
    """The picture of the page."""
    return read_picture(PAGE.read_text())


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Imports between our modules, also those inside functions, without those that the layers except."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    for asset in declared_assets():  # the composition root imports the modules of assets by name
        graph.add_import(importer="assets.definitions", imported=asset.source.__module__)
    for contract in LAYERS:
        for expression in contract.get("ignore_imports", []):
            for found in graph.find_matching_direct_imports(expression):
                graph.remove_import(importer=found["importer"], imported=found["imported"])
    return graph


def room_of(module: str, rooms: Iterable[str]) -> str | None:
    """The room that a module is or lies in."""
    return next((room for room in rooms if module == room or module.startswith(f"{room}.")), None)


def imports(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    """Every import: who, and whom."""
    for module in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            yield module, imported


def circles(arrows: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Sets of more than one node of which each reaches each other (strongly connected; Kosaraju)."""
    onward: dict[str, list[str]] = {}
    backward: dict[str, list[str]] = {}
    for source, target in arrows:
        onward.setdefault(source, []).append(target)
        onward.setdefault(target, [])
        backward.setdefault(target, []).append(source)
    order: list[str] = []
    seen: set[str] = set()
    for start in onward:
        stack = [(start, False)]
        while stack:
            node, left = stack.pop()
            if left:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack += [(node, True), *((after, False) for after in onward[node])]
    components: list[set[str]] = []
    for start in reversed(order):
        component, to_visit = set[str](), [start]
        while to_visit:
            node = to_visit.pop()
            if node in seen:
                seen.remove(node)
                component.add(node)
                to_visit += backward.get(node, [])
        components += [component] if len(component) > 1 else []
    return components


def test_circles_are_found() -> None:
    """Of two circles joined by one arrow both, by hand."""
    arrows = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "c"), ("e", "f")]
    assert sorted(map(sorted, circles(arrows))) == [["a", "b"], ["c", "d", "e"]]
    assert circles([("a", "b"), ("b", "c"), ("a", "c")]) == []


def test_a_path_and_the_arrow_of_a_box_allow_an_import() -> None:
    """By hand: down the path, out of the box, into a box; never back."""
    drawn = read_picture(
        "```mermaid\nflowchart TD\nsubgraph x\nx.a --> x.b\nend\nx --> y\nsubgraph y[any words]\ny.c --> y.d\nend\n```"
    )
    assert drawn.rooms == ["x.a", "x.b", "y.c", "y.d"]
    assert drawn.allowed("x.a") == {"x.b", "y.c", "y.d"}
    assert drawn.allowed("x.b") == {"y.c", "y.d"}
    assert drawn.allowed("y.c") == {"y.d"}
    assert drawn.allowed("y.d") == set()


def test_the_rooms_of_the_picture_are_those_of_the_code(picture: Picture, graph: grimp.ImportGraph) -> None:
    """Every part of a package that is drawn as a box is drawn too, and nothing else."""
    boxes = {name for name in picture.subgraphs if name in graph.modules}
    parts = {*PACKAGES, *(child for box in boxes for child in graph.find_children(box))}
    assert set(picture.rooms) == parts - boxes


def test_every_drawn_arrow_is_an_import(picture: Picture, graph: grimp.ImportGraph) -> None:
    """Some module of the one imports some module of the other."""
    between = {(room_of(a, picture.rooms), room_of(b, picture.rooms)) for a, b in imports(graph)}
    idle = [
        f"{source} --> {target}"
        for source, target in picture.arrows
        if not any((a, b) in between for a in picture.inside(source) for b in picture.inside(target))
    ]
    assert idle == []


def test_every_import_is_drawn(picture: Picture, graph: grimp.ImportGraph) -> None:
    """Between rooms, as an arrow or as a path of them."""
    allowed = {room: {room, *picture.allowed(room)} for room in picture.rooms}
    stray = [
        f"{importer} imports {imported}"
        for importer, imported in imports(graph)
        if (room := room_of(importer, picture.rooms)) is None or room_of(imported, picture.rooms) not in allowed[room]
    ]
    assert stray == []


def test_no_arrow_runs_up(picture: Picture) -> None:
    """A room is written above all that it imports, or on one line with it; and no path leads back."""
    assert [
        (a, b) for a, b in picture.arrows if a not in picture.boxes[b] and picture.lines[a] > picture.lines[b]
    ] == []
    assert [room for room in picture.rooms if room in picture.allowed(room)] == []


def test_no_rooms_import_each_other_in_a_circle(picture: Picture, graph: grimp.ImportGraph) -> None:
    """By what is imported, whatever is drawn."""
    rooms = {(room_of(a, picture.rooms) or a, room_of(b, picture.rooms) or b) for a, b in imports(graph)}
    assert circles((a, b) for a, b in rooms if a != b) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Not even those that the layers except, or inside functions."""
    assert circles(imports(grimp.build_graph(*PACKAGES, cache_dir=None))) == []


def test_the_layers_agree_with_the_picture(picture: Picture, graph: grimp.ImportGraph) -> None:
    """Each box has its layers, of all that is in it, and what a path leads down to lies in a lower one."""
    boxes = {name for name in picture.subgraphs if name in graph.modules}
    assert sorted(container for contract in LAYERS for container in contract["containers"]) == sorted(boxes)
    for contract in LAYERS:
        (container,) = contract["containers"]
        layers = [[f"{container}.{name}" for name in layer.split(" | ")] for layer in contract["layers"]]
        level = {name: number for number, names in enumerate(layers) for name in names}
        assert set(level) == graph.find_children(container)
        leads = {name: {below for room in picture.inside(name) for below in picture.allowed(room)} for name in level}
        up = [
            (above, below)
            for above, reached in leads.items()
            for below in level.keys() - {above}
            if level[above] >= level[below] and not reached.isdisjoint(picture.inside(below))
        ]
        assert up == []


def test_contracts_name_modules_that_exist(graph: grimp.ImportGraph) -> None:
    """A contract about a module that has moved would hold for ever."""
    keys = ("source_modules", "forbidden_modules", "protected_modules", "containers")
    named = {name for contract in CONTRACTS for key in keys for name in contract.get(key, [])}
    ours = {name for name in named if name.split(".")[0] in PACKAGES and not name.endswith("*")}
    assert ours - graph.modules == set()
