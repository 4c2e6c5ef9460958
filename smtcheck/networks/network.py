"""Quantized networks as values, and the one interpreter that gives them meaning.

What one layer does is written in `layers` (theory.md#neuron).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import exactly
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.errors import InputError, shown_number
from smtcheck.files import CodeExecution
from smtcheck.networks import network_files
from smtcheck.networks.activations import Activation
from smtcheck.networks.layers import Layer, run
from smtcheck.showing import Shown, shortened

MAX_INPUTS = 2**16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Network(Shown):
    """Layers over inputs that are codes of one format; equal if their contents are.

    Parameters
    ----------
    input_format : Format
        Whose codes the inputs are; its modes play no part.
    inputs : int
        How many there are, 1 to 65,536.
    layers : tuple of smtcheck.networks.layers.Layer
        At least one; each reads the codes of the one before, at their scale.

    Raises
    ------
    InputError
        Where the layers do not fit together.

    References
    ----------
    proofs/theory.md#network and #neuron.

    Examples
    --------
    >>> net = sc.construct("abs(x0)", "relu", "paper(3,4)").network
    >>> net.inputs, net.outputs, len(net.layers), net.neurons, net.nonzero_weights
    (1, 1, 2, 3, 4)
    """

    input_format: Format
    inputs: int
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.inputs <= MAX_INPUTS:
            raise InputError(
                f"a network has {shown_number(self.inputs)} inputs, allowed are 1 .. {MAX_INPUTS}"
            )
        if not self.layers:
            raise InputError("a network needs at least one layer")
        width, scale = self.inputs, self.input_format.scale
        for number, layer in enumerate(self.layers, start=1):
            if (layer.weights.inputs, layer.input_scale) != (width, scale):
                raise InputError(
                    f"layer {number} reads {layer.weights.inputs} numbers at scale "
                    f"{shown_number(layer.input_scale)}, and is given {width} at scale "
                    f"{shown_number(scale)}"
                )
            width, scale = layer.outputs, layer.output_format.scale

    @classmethod
    def load(
        cls,
        path: str | Path,
        code: CodeExecution = CodeExecution.REFUSED,
        root: Path | None = None,
    ) -> Network:
        """A network from its JSON file (docs/claims.md has its form).

        Parameters
        ----------
        path : str or Path
            The file.
        code : smtcheck.files.CodeExecution, default CodeExecution.REFUSED
            Whether activations `module:function` may be imported and called.
        root : Path, optional
            The folder that files named in it lie under; its project's unless given.

        Returns
        -------
        Network
            With everything checked.

        Raises
        ------
        InputError
            Where a file is missing or wrong; the message says what is wrong with it.

        Examples
        --------
        >>> sc.construct("-x0", "relu", "paper(3,4)").network.save("negated.json")
        >>> sc.Network.load("negated.json").evaluate([5])
        (-5,)
        """
        parts = network_files.read_parts(Path(path), code, root)
        try:
            return _of(parts)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    @classmethod
    def from_arrays(
        cls,
        fmt: Format | str,
        weights: Sequence[Any],
        biases: Sequence[Any],
        *,
        activation: Activation | str | None = None,
        weight_format: Format | str | None = None,
        output_formats: Sequence[Format | str] | None = None,
    ) -> Network:
        """A network from the codes of its weights and biases, an array for each layer.

        Parameters
        ----------
        fmt : Format or str
            The format of the inputs, and of all other codes unless given.
        weights : sequence of arrays of integers, shape (outputs, inputs)
            For each layer the codes of its weights, a row for each neuron.
        biases : sequence of arrays of integers, shape (outputs)
            For each layer its biases, in units of 1 / (scale of its inputs * scale of weights).
        activation : Activation or str, optional
            After every layer but the last: a name, or what `sc.activation` takes.
        weight_format : Format or str, optional
            The format of all weights.
        output_formats : sequence of Format or str, optional
            For each layer the format of what it gives.

        Returns
        -------
        Network
            With everything checked.

        Raises
        ------
        InputError
            Where shapes do not fit, or a number is no integer, or no code of its format.

        Examples
        --------
        >>> sc.Network.from_arrays("paper(3,4)", [[[-4]]], [[0]], activation="relu").evaluate([5])
        (-5,)
        """
        from smtcheck.networks import network_building as building

        plan = building.NetworkPlan.of(fmt, len(weights), activation, weight_format, output_formats)
        return _of(building.from_codes(plan, weights, biases))

    @classmethod
    def from_floats(
        cls,
        fmt: Format | str,
        weights: Sequence[Any],
        biases: Sequence[Any],
        *,
        rounding: Rounding | str,
        activation: Activation | str | None = None,
        weight_format: Format | str | None = None,
        output_formats: Sequence[Format | str] | None = None,
    ) -> Network:
        """A network from the values of its weights and biases, each of which is rounded once.

        Parameters
        ----------
        fmt : Format or str
            As in `from_arrays`.
        weights : sequence of arrays of numbers, shape (outputs, inputs)
            For each layer the values of its weights: float (taken exactly), int or Fraction.
        biases : sequence of arrays of numbers, shape (outputs)
            For each layer its biases, in the unit of `from_arrays` once they are rounded.
        rounding : Rounding or str
            How values between two codes are rounded, such as "AP_RND_CONV": there is no default.
        activation, weight_format, output_formats : as there, optional
            As in `from_arrays`.

        Returns
        -------
        Network
            With everything checked.

        Raises
        ------
        InputError
            Where shapes do not fit, a number is not finite, or a weight is outside its format.

        Examples
        --------
        >>> net = sc.Network.from_floats("paper(3,4)", [[[0.3]]], [[0.1]], rounding="AP_RND_CONV")
        >>> net == sc.Network.from_arrays("paper(3,4)", [[[1]]], [[2]])
        True
        """
        from smtcheck.networks import network_building as building

        plan = building.NetworkPlan.of(fmt, len(weights), activation, weight_format, output_formats)
        return _of(building.from_values(plan, weights, biases, rounding))

    def __eq__(self, other: object) -> bool:
        from smtcheck.networks.network_equality import are_equal

        return are_equal(self.parts, other.parts) if isinstance(other, Network) else NotImplemented

    def __hash__(self) -> int:
        from smtcheck.networks.network_equality import hash_of

        return hash_of(self.parts)

    def _parts(self) -> Iterator[tuple[str, str]]:
        yield "inputs", f"{self.inputs} x {self.input_format}"
        yield "outputs", f"{self.outputs} x {self.output_format}"
        yield from ((name, str(getattr(self, name))) for name in ("neurons", "nonzero_weights"))
        yield "layers", shortened([layer.outputs for layer in self.layers], 60)

    def save(self, path: str | Path) -> None:
        """Write the JSON file, and large layers beside it; each file atomically.

        Parameters
        ----------
        path : str or Path
            The JSON file; names of what is written beside it start with its stem.

        Raises
        ------
        InputError
            Where a file would be too large to be loaded again, or an activation given by code
            has too many codes for a table.
        OSError
            Where a file cannot be written.

        Examples
        --------
        >>> sc.construct("x0", "relu", "paper(2,4)").network.save("copy.json")
        >>> sc.Network.load("copy.json").inputs
        1
        """
        from smtcheck.networks.network_saving import write_parts

        write_parts(self.parts, Path(path))

    @property
    def parts(self) -> network_files.NetworkParts:
        """What a network file says of it."""
        return network_files.NetworkParts(self.input_format, self.inputs, self.layers)

    @property
    def output_format(self) -> Format:
        """The format of the last layer's codes."""
        return self.layers[-1].output_format

    @property
    def outputs(self) -> int:
        """The number of output codes."""
        return self.layers[-1].outputs

    @property
    def neurons(self) -> int:
        """How many there are in all layers."""
        return sum(layer.outputs for layer in self.layers)

    @property
    def nonzero_weights(self) -> int:
        """How many weights are not zero in all layers."""
        return sum(len(layer.weights.codes) for layer in self.layers)

    def evaluate(self, input_codes: Sequence[int]) -> tuple[int, ...]:
        """The output codes at one input.

        Parameters
        ----------
        input_codes : sequence of int
            A code of the input format each.

        Returns
        -------
        tuple of int
            A code of the output format each.

        Raises
        ------
        InputError
            Where their number is wrong, or one is no code.

        Examples
        --------
        >>> net = sc.construct("max(x0, x1)", "relu", "paper(3,4)", inputs=2).network
        >>> net.evaluate([3, -5])
        (3,)
        """
        from smtcheck.networks.network_inputs import checked_input

        codes = checked_input(input_codes, self.inputs, self.input_format)
        return run(Integers(), self.layers, codes)

    def evaluate_many(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The output codes at many inputs, exactly, whatever the size of sums.

        Parameters
        ----------
        inputs : array of integers, shape (points, inputs)
            Codes of the input format, of any integer type or Python integers.

        Returns
        -------
        array of int64 or Python integers, shape (points, outputs)
            Codes of the output format.

        Raises
        ------
        InputError
            Where the shape or the type is another, or a number is no code.

        Examples
        --------
        >>> import numpy as np
        >>> net = sc.construct("max(x0, x1)", "relu", "paper(3,4)", inputs=2).network
        >>> net.evaluate_many(np.array([[3, -5], [0, 7]])).tolist()
        [[3], [7]]
        """
        from smtcheck.networks.network_inputs import checked_inputs

        array = checked_inputs(inputs, self.inputs, self.input_format)
        codes = self.input_format.codes
        outputs = exactly(lambda ops: run(ops, self.layers, ops.variable(array.T, codes)))
        return np.asarray(outputs.elements.T)


def _of(parts: network_files.NetworkParts) -> Network:
    return Network(input_format=parts.input_format, inputs=parts.inputs, layers=parts.layers)
