"""All changes of one fix session, applied in one walk over the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import libcst as cst

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.python.arguments import ArgumentChanges
from flaskdoctor.fixes.python.expressions import (
    Template,
    dedented,
    fitted,
    with_parentheses_of,
    without_own_parentheses,
)
from flaskdoctor.fixes.python.insertions import Block, Neighbours, Piece, StatementTemplate, block_of
from flaskdoctor.fixes.python.statements import Wrap, rewrite_block, without

Line = cst.SimpleStatementLine | cst.SimpleStatementSuite
Decorated = cst.FunctionDef | cst.ClassDef


class Part(NamedTuple):
    """A node of the file that a template takes over; its later lines move left by ``columns``."""

    node: cst.CSTNode
    columns: int = 0


class Replacement(NamedTuple):
    """An expression that takes a node's place. ``around`` when the node itself is one of its parts."""

    template: Template
    parts: Mapping[str, Part]
    around: bool


class Insertion(NamedTuple):
    """New statements above or (``below``) under an old one."""

    template: StatementTemplate
    parts: Mapping[str, cst.CSTNode]
    below: bool


class Changes(cst.CSTTransformer):
    """What happens to which node. Every change works on the *updated* node, so that nested ones compose."""

    def __init__(self, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        super().__init__()
        self._indent = ""
        self._parents = parents
        self.replacements: dict[cst.CSTNode, list[Replacement]] = {}
        self.arguments: dict[cst.CSTNode, ArgumentChanges] = {}
        self.decorators: dict[cst.CSTNode, Sequence[int]] = {}
        self.removed: set[cst.CSTNode] = set()
        self.wraps: dict[cst.CSTNode, list[Wrap]] = {}
        self.insertions: dict[cst.CSTNode, list[Insertion]] = {}
        self.swapped: Mapping[cst.CSTNode, cst.CSTNode] = {}
        self._done: dict[cst.CSTNode, cst.CSTNode] = {}

    def __bool__(self) -> bool:
        return bool(
            self.replacements or self.arguments or self.decorators or self.removed or self.wraps or self.insertions
        )

    def apply(self, module: cst.Module) -> cst.Module:
        """The changed tree."""
        self._indent = module.default_indent
        for line in {self._parents[node] for node in self.removed}:
            if isinstance(line, cst.SimpleStatementLine) and self.removed.issuperset(line.body):
                self.removed.add(line)
        self._wanted = {part.node for each in self.replacements.values() for one in each for part in one.parts.values()}
        self._wanted.update(part for each in self.insertions.values() for one in each for part in one.parts.values())
        for node in self.insertions:
            line = self._parents[node]
            mixed = isinstance(line, Line) and (len(line.body) > 1 or isinstance(line, cst.SimpleStatementSuite))
            if mixed and not self.removed.isdisjoint(cast("Line", line).body):
                raise Refuse("Another fix removes a statement from the same line: fix this one again after it.")
        changed = {
            *self.replacements, *self.arguments, *self.decorators, *self.removed, *self.wraps, *self.swapped,
            *self.insertions,
        }  # fmt: skip
        self._touched: set[cst.CSTNode] = set()
        for node in changed:
            around: cst.CSTNode | None = node
            while around is not None and around not in self._touched:
                self._touched.add(around)
                around = self._parents.get(around)
        return module.visit(self)

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Only what holds a change is walked: LibCST makes every node that it visits anew."""
        return node in self._touched

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        """Make the changes of one node; its children are done."""
        node = updated_node
        if original_node in self.swapped:
            node = self.swapped[original_node]
        if changes := self.arguments.get(original_node):
            node = changes.apply(cast("cst.Call", node), self._indent)
        if order := self.decorators.get(original_node):
            decorators = cast("Decorated", node).decorators
            node = cast("Decorated", node).with_changes(decorators=[decorators[index] for index in order])
        if original_node in self.replacements:
            node = self._replaced(cast("cst.BaseExpression", original_node), cast("cst.BaseExpression", node))
        if self.removed and isinstance(original_node, Line) and original_node not in self.removed:
            node = self._line(original_node, cast("Line", node))
        if isinstance(original_node, cst.SimpleStatementSuite) and isinstance(node, cst.SimpleStatementSuite):
            around = self._around(original_node.body)
            if around:
                return block_of(original_node, node, around)
        if isinstance(original_node, Block):
            node = self._block(original_node, cast("Block", node))
        if original_node in self._wanted:
            self._done[original_node] = node
        return node

    def _replaced(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        expression = without_own_parentheses(updated)
        # First what the node becomes, then what is put around it.
        for replacement in sorted(self.replacements[original], key=lambda each: each.around):
            parts = {
                name: expression if part.node is original else self._part(part)
                for name, part in replacement.parts.items()
            }
            expression = replacement.template.fill(parts)
        return fitted(with_parentheses_of(expression, original), original, self._parents.get(original))

    def _part(self, part: Part) -> cst.CSTNode:
        done = self._done.get(part.node)
        if done is None:  # nothing in it changes, or it stands elsewhere in the file
            done = cast("cst.CSTNode", part.node.visit(self))
        return dedented(done.deep_clone(), part.columns)

    def _line(self, original: Line, updated: Line) -> Line:
        if self.removed.isdisjoint(original.body):
            return updated
        return updated.with_changes(body=without(updated, original.body, self.removed) or [cst.Pass()])

    def _block(self, original: Block, updated: Block) -> Block:
        wraps = self.wraps.get(original, ())
        around = self._around(original.body) if self.insertions else {}
        if not wraps and not around and self.removed.isdisjoint(original.body):
            return updated
        return rewrite_block(updated, original, self.removed, wraps, around)

    def _around(self, body: Sequence[cst.CSTNode]) -> dict[cst.CSTNode, Neighbours]:
        """The new statements next to each statement of a block or a one-line suite."""
        found: dict[cst.CSTNode, Neighbours] = {}
        for item in body:
            for node in (item, *item.body) if isinstance(item, cst.SimpleStatementLine) else (item,):
                if node in self.insertions:
                    above, below = [], []
                    for insertion in sorted(self.insertions[node], key=lambda each: each.template.defines):
                        parts = {name: self._part(Part(part)) for name, part in insertion.parts.items()}
                        filled = insertion.template.fill(parts)
                        last, parted = filled[-1], insertion.template.paragraph
                        if insertion.below:
                            below += [Piece(each, "below", each is last and parted) for each in filled]
                        else:
                            above += [Piece(each, "above", each is last and parted) for each in filled]
                    found[node] = Neighbours(above, below)
        return found
