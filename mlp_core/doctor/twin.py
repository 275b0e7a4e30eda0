"""The twin of a compiled function: the same program, which returns intermediate values.

`Twin(program, look, jit)(arguments)` runs the program again and returns notes: the keys that it
uses, the gradients that `patches` has marked, the smallest denominators, and the ReLUs that are 0.
A twin is built from the jaxpr alone. `loops` walks through scans, while loops, and conditions, as
far as `loops.form_of` says. The inside of a `shard_map` is not examined.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from mlp_core.doctor import loops
from mlp_core.doctor.notes import Note, joined, split
from mlp_core.doctor.places import Stack, is_readers, of_equation

MARK = "mlp_core.doctor|"
"""Prefix of a marked array's name, which is MARK + kind | number of the place | leaf."""
_INNER = {"jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr"}
_INNER |= {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
_INNER |= {"remat2": "jaxpr", "checkpoint": "jaxpr", "remat": "jaxpr"}
_MOVES = {"broadcast_in_dim", "reshape", "convert_element_type", "squeeze", "transpose", "copy"}
_MOVES |= {"stop_gradient", "expand_dims", "gather", "slice", "dynamic_slice", "name"}
_SCALES = {"mul", "div", "neg"}
_MATRIX = {"dot_general", "conv_general_dilated"}
_FEWEST_ROWS = 8
MOST_MARKED = 4_000_000
"""A marked array with more numbers, over all iterations that are noted, is not returned."""


class _Tag(NamedTuple):
    """Properties of a value that follow from how it is computed."""

    root: Stack | None = None
    """The line of the square root without an epsilon of which the value is a multiple."""
    deviation: bool = False
    """Whether `jnp.std` computed this root."""
    sum: bool = False
    """Whether the value is a sum, one term of which may be an epsilon."""
    data: bool = False
    """Whether the value is an argument, at most reshaped, sliced, or converted."""
    square: Any = None
    """The targets, if the value is computed from the square of a difference from data."""
    stage: Literal["", "difference", "squared", "sum", "mean"] = ""
    """The last step of that computation so far."""
    relu: int | None = None
    """Index of the note of the ReLU that computed the value."""
    implicit: bool = False
    """Whether NumPy's broadcasting rules added the leading axis."""
    expanded: bool = False
    """Whether an axis was added to the value explicitly, rather than computed with it."""


_NOTHING = _Tag()
_Value = tuple[Any, _Tag]


class Look(NamedTuple):
    """The kinds of notes to take."""

    keys: bool = True
    numbers: bool = True
    finite: bool = False


class _Walk:
    """One pass through a program while its twin is traced."""

    def __init__(self, look: Look, inside: loops.Inside) -> None:
        self.look, self.inside = look, inside
        self.notes: list[Note] = []

    def note(self, kind: str, stack: Stack, name: str, values: Any) -> int:
        """Adds a note and returns its index."""
        self.notes.append(Note(kind, stack, name, values, turns=self.inside.turn))
        return len(self.notes) - 1

    def run(
        self, jaxpr: Any, consts: Sequence[Any], inputs: list[_Value], around: "_Around"
    ) -> list[_Value]:
        """Evaluates a jaxpr for these inputs, adds its notes, and returns its outputs."""
        known: dict[Any, _Value] = dict(zip(jaxpr.invars, inputs, strict=True))
        known |= {v: (c, _NOTHING) for v, c in zip(jaxpr.constvars, consts, strict=True)}

        def read(atom: Any) -> _Value:
            return (atom.val, _NOTHING) if isinstance(atom, core.Literal) else known[atom]

        for equation in jaxpr.eqns:
            values = [read(atom) for atom in equation.invars]
            known |= zip(equation.outvars, self._results(equation, values, around), strict=True)
        return [read(atom) for atom in jaxpr.outvars]

    def _results(self, equation: Any, inputs: list[_Value], around: "_Around") -> list[_Value]:
        name, params = equation.primitive.name, equation.params
        around = around.at(equation)
        if name in _INNER and _INNER[name] in params:
            inner = params[_INNER[name]]
            if params.get("differentiated"):
                around = around._replace(is_repeated=True)
            closed = hasattr(inner, "consts")
            body, consts = (inner.jaxpr, inner.consts) if closed else (inner, ())
            return self.run(body, consts, inputs, around.inside(inner, params))
        values = [value for value, _ in inputs]
        if (form := loops.form_of(equation, self.inside)) is not None:
            outs, found = form(params, values, self._walked(around, params), self.inside)
            self.notes += found
            return [(value, _NOTHING) for value in outs]
        if name in ("random_bits", "random_split") and not around.is_repeated and self.look.keys:
            # A sampler in JAX may itself split the key with which it draws.
            kind = "split" if name == "random_split" and not around.is_inner else "draw"
            numbers = str(equation.outvars[0].aval.size)
            self.note(kind, around.stack, numbers, jax.random.key_data(values[0]))
        outputs = _bound(equation, values)
        outputs = outputs if equation.primitive.multiple_results else [outputs]
        if self.look.finite:
            self._finite(equation, values, outputs, around)
        if not self.look.numbers or len(outputs) != 1:
            return [(output, _NOTHING) for output in outputs]
        return [(outputs[0], self._tagged(equation, inputs, outputs[0], around))]

    def _walked(self, around: "_Around", params: Any) -> loops.Walked:
        """Returns a function that walks through a loop's body or a branch of a condition."""

        def walked(closed: Any, values: list[Any], inside: loops.Inside) -> Any:
            # JAX's samplers draw with one key in several branches, and return the result of one.
            is_sampler = inside.in_cond and around.is_inner
            is_noted = self.look.keys and not (inside.in_while or is_sampler)
            walk = _Walk(self.look._replace(keys=is_noted), inside)
            inputs = [(value, _NOTHING) for value in values]
            outs = walk.run(closed.jaxpr, closed.consts, inputs, around.inside(closed, params))
            return [value for value, _ in outs], walk.notes

        return walked

    def _finite(self, equation: Any, values: Any, outputs: Any, around: "_Around") -> None:
        """Adds a note on whether an equation's inputs and outputs contain a NaN or an infinity."""

        def flags(arrays: Any) -> tuple[Any, Any]:
            floats = [x for x in arrays if jnp.issubdtype(jnp.result_type(x), jnp.floating)]
            nan, inf = (
                jnp.any(jnp.array([jnp.any(is_so(x)) for x in floats] or [False]))
                for is_so in (jnp.isnan, jnp.isinf)
            )
            return nan, inf

        if any(getattr(value, "dtype", None) is None for value in [*values, *outputs]):
            values = [value for value in values if hasattr(value, "dtype")]
        plain = [v for v in values if not jnp.issubdtype(v.dtype, jax.dtypes.prng_key)]
        made = [v for v in outputs if not jnp.issubdtype(v.dtype, jax.dtypes.prng_key)]
        kind = "backward" if around.is_backward else "forward"
        name = f"{equation.primitive.name} {kind}"
        self.note("finite", around.stack, name, (*flags(plain), *flags(made)))

    def _tagged(self, equation: Any, inputs: list[_Value], output: Any, around: "_Around") -> _Tag:
        name, tags = equation.primitive.name, [tag for _, tag in inputs]
        values, atoms = [value for value, _ in inputs], equation.invars
        literal = [isinstance(atom, core.Literal) for atom in atoms]
        if name == "name":
            text = equation.params["name"]
            if text.startswith(MARK):
                if values[0].size * self.inside.times <= MOST_MARKED:
                    self.note("mark", around.stack, text.removeprefix(MARK), values[0])
                if text.startswith(MARK + "loss|") and tags[0].stage == "mean":
                    self.note("square", around.stack, "", (values[0], *_spread(tags[0].square)))
                return _NOTHING
            return tags[0]
        if around.is_backward:
            return _NOTHING
        if name in _MOVES:
            return self._moved(equation, tags[0], around)
        if name == "sqrt":
            deviation = around.function == "_std"
            return _NOTHING if tags[0].sum else _Tag(root=around.stack, deviation=deviation)
        if name == "add" and not any(_is_zero(atom) for atom in atoms):
            return _Tag(sum=True)
        if name == "max" and any(_is_zero(atom) for atom in atoms):
            if output.ndim >= 2 and int(np.prod(output.shape[:-1])) >= _FEWEST_ROWS:
                dead = jnp.all(output <= 0, axis=tuple(range(output.ndim - 1)))
                return _Tag(relu=self.note("relu", around.stack, "", dead))
            return _NOTHING
        if name in _MATRIX:
            for tag in tags:
                if tag.relu is not None:
                    self.notes[tag.relu] = self.notes[tag.relu]._replace(name="read")
            return _NOTHING
        if name == "div" and tags[1].root is not None and not literal[0]:
            size = jnp.abs(values[1])
            is_layer = tags[1].deviation and size.ndim >= 2 and size.size > 1
            kind = "deviation" if is_layer else ""
            self.note("root", tags[1].root, kind, (jnp.min(size), jnp.median(size)))
            return _NOTHING
        if name in ("sub", "mul") and len(tags) == 2:
            self._broadcast(equation, tags, around)
        if name == "sub" and tags[0].data != tags[1].data and _same_shape(values):
            return _Tag(square=values[0] if tags[0].data else values[1], stage="difference")
        return _followed(equation, tags, literal)

    def _moved(self, equation: Any, tag: _Tag, around: "_Around") -> _Tag:
        before, after = equation.invars[0].aval.shape, equation.outvars[0].aval.shape
        if tag.stage in ("difference", "squared"):
            tag = tag._replace(stage="")
        if equation.primitive.name in ("gather", "slice", "dynamic_slice"):
            return _Tag(data=tag.data)
        if len(after) > len(before):
            implicit = around.is_implicit and len(before) == 1 and after == (1, *before)
            return tag._replace(implicit=implicit, expanded=not implicit)
        return tag

    def _broadcast(self, equation: Any, tags: list[_Tag], around: "_Around") -> None:
        shapes = [atom.aval.shape for atom in equation.invars]
        for row, column in ((0, 1), (1, 0)):
            rows = shapes[row][-1] if shapes[row] else 0
            is_met = shapes[row] == (1, rows) and shapes[column] == (rows, 1) and rows > 1
            if is_met and tags[row].implicit and not tags[column].expanded:
                self.note("broadcast", around.stack, str(rows), np.zeros(()))


def _bound(equation: Any, values: list[Any]) -> Any:
    """Returns the outputs of an equation, computed as in `jax.core.eval_jaxpr`."""
    params = equation.primitive.get_bind_params(equation.params)
    functions, params = params if isinstance(params, tuple) else ((), params)  # up to JAX 0.10
    return equation.primitive.bind(*functions, *values, **params)


def _is_zero(atom: Any) -> bool:
    """Returns whether an argument of an equation is the literal 0, also after rounding."""
    return isinstance(atom, core.Literal) and np.ndim(atom.val) == 0 and float(atom.val) == 0


def _same_shape(values: list[Any]) -> bool:
    return bool(np.shape(values[0]) == np.shape(values[1]) and np.ndim(values[0]) > 0)


def _spread(targets: Any) -> tuple[Any, Any]:
    """Returns the loss of predicting each column's mean, and the number of rows of the targets."""
    centered = targets - jnp.mean(targets, axis=0, keepdims=True)
    return jnp.mean(centered**2), jnp.asarray(targets.shape[0])


def _followed(equation: Any, tags: list[_Tag], literal: list[bool]) -> _Tag:
    """Returns the tag after arithmetic that yields a scaled root or the square of a difference."""
    name, atoms = equation.primitive.name, equation.invars
    if name in ("square", "integer_pow") and tags[0].stage == "difference":
        if equation.params.get("y", 2) == 2:
            return _Tag(square=tags[0].square, stage="squared")
    elif name == "mul" and tags[0].stage == "difference" and atoms[0] is atoms[1]:
        return _Tag(square=tags[0].square, stage="squared")
    elif name == "reduce_sum" and tags[0].stage == "squared" and not equation.outvars[0].aval.shape:
        return _Tag(square=tags[0].square, stage="sum")
    elif name == "div" and tags[0].stage == "sum" and literal[1]:
        count = np.size(np.empty(tags[0].square.shape, np.int8))
        if float(atoms[1].val) == count:
            return _Tag(square=tags[0].square, stage="mean")
    elif name in _SCALES and tags[0].root is not None and all(literal[1:]):
        return _Tag(root=tags[0].root, deviation=tags[0].deviation)
    elif name == "mul" and literal[0] and tags[1].root is not None:
        return _Tag(root=tags[1].root, deviation=tags[1].deviation)
    return _NOTHING


class _Around(NamedTuple):
    """The context of an equation in the program."""

    stack: Stack
    is_backward: bool = False
    is_repeated: bool = False
    """Whether a rematerialization computes the same values again."""
    is_inner: bool = False
    """Whether the enclosing function is a library's, whose own lines are not reported."""
    is_implicit: bool = False
    function: str = ""
    """The name of the enclosing function."""

    def at(self, equation: Any) -> "_Around":
        """Returns the context of an equation."""
        own = of_equation(equation)
        traceback = getattr(equation.source_info, "traceback", None)
        functions = {frame.function_name for frame in traceback.frames[:9]} if traceback else set()
        is_implicit = bool(traceback) and not functions & {"expand_dims", "reshape", "newaxis"}
        stack = self.stack
        if own.places and not self.is_inner:
            stack = own._replace(
                places=own.places + self.stack.places, calls=own.calls + self.stack.calls
            )
        is_backward = self.is_backward or "transpose(" in str(equation.source_info.name_stack)
        return self._replace(stack=stack, is_backward=is_backward, is_implicit=is_implicit)

    def inside(self, inner: Any, params: Any) -> "_Around":
        """Returns the context inside a function that is called here."""
        jaxpr = getattr(inner, "jaxpr", inner)
        source = str(getattr(getattr(jaxpr, "debug_info", None), "func_src_info", "") or "")
        _, _, where = source.partition(" at ")
        file = where.rpartition(":")[0]
        is_inner = self.is_inner or not file or not is_readers(file)
        return self._replace(is_inner=is_inner, function=str(params.get("name", "")))


NOWHERE = _Around(Stack((), (), True, False))


class Twin:
    """A program that returns its notes; it is compiled once."""

    def __init__(self, program: Any, look: Look, jit: Any) -> None:
        self._static: list[Note] = []
        self._run = jit(self._walked)
        self._program, self._look = program, look

    def _walked(self, arguments: list[Any]) -> list[Any]:
        walk = _Walk(self._look, loops.Inside())
        inputs = [(value, _Tag(data=True)) for value in arguments]
        walk.run(self._program.jaxpr, self._program.consts, inputs, NOWHERE)
        kept = [n for n in walk.notes if n.kind != "relu" or n.name == "read"]
        self._static, arrays = split(kept)
        return arrays

    def __call__(self, arguments: list[Any]) -> list[Note]:
        """Returns the notes of the program for these arguments."""
        arrays = jax.device_get(self._run(arguments))
        notes = joined(self._static, arrays)  # tracing fills in the notes without arrays
        return [row for note in notes if (row := note.flattened()) is not None]


def subprograms(jaxpr: Any) -> list[Any]:
    """Returns the equations of a jaxpr, including those of nested jaxprs."""
    found = []
    for equation in jaxpr.eqns:
        found.append(equation)
        for inner in core.jaxprs_in_params(equation.params):
            found += subprograms(inner)
    return found


def is_worth_it(program: Any) -> tuple[bool, bool]:
    """Returns whether a program draws random numbers, and whether it has a marked gradient."""
    names = {
        (one.primitive.name, str(one.params.get("name", ""))) for one in subprograms(program.jaxpr)
    }
    draws = any(name in ("random_bits", "random_split") for name, _ in names)
    return draws, any(name == "name" and text.startswith(MARK + "grad|") for name, text in names)
