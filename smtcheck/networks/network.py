"""Quantized networks as values, and the one interpreter that gives them meaning.

A neuron computes its exact weighted sum, rounds it once into the layer's output
format, and passes the code through the activation (theory.md#neuron):

    code = overflow(round((bias + sum of weight * input) * output scale
                          / (input scale * weight scale)))
    output = T(code)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.arrays import exactly
from smtcheck.arithmetic.codes import exact_code, first_outside
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.operations import Interpretation, Num, Vector
from smtcheck.errors import InputError, shown_number
from smtcheck.files import CodeExecution
from smtcheck.networks import network_files
from smtcheck.networks.layers import Layer, stages

MAX_INPUTS = 2**16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Layers over inputs that are codes of one format.

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
    >>> print(net.input_format, net.output_format == net.input_format)
    paper(3,4,AP_RND_INF,AP_SAT) True
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
    def load(cls, path: str | Path, code: CodeExecution = CodeExecution.REFUSED) -> Network:
        """A network from its JSON file (docs/claims.md has its form).

        Parameters
        ----------
        path : str or Path
            The file; other files that it names lie in its folder.
        code : smtcheck.files.CodeExecution, default CodeExecution.REFUSED
            Whether activations `module:function` may be imported and called.

        Returns
        -------
        Network
            With everything in the file checked.

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
        parts = network_files.read_parts(Path(path), code)
        try:
            return cls(input_format=parts.input_format, inputs=parts.inputs, layers=parts.layers)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    def save(self, path: str | Path) -> None:
        """Write the JSON file, and large layers beside it; each file atomically.

        Parameters
        ----------
        path : str or Path
            The JSON file; NPZ files beside it get names that start with its stem.

        Raises
        ------
        InputError
            Where a file would be too large to be loaded again.
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
        """What a network file says of it: the format of its inputs, their number, its layers."""
        return network_files.NetworkParts(
            input_format=self.input_format, inputs=self.inputs, layers=self.layers
        )

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
        """The number of neurons, in all layers together."""
        return sum(layer.outputs for layer in self.layers)

    @property
    def nonzero_weights(self) -> int:
        """The number of weights that are not zero, in all layers together."""
        return sum(len(layer.weights.codes) for layer in self.layers)

    def evaluate(self, input_codes: Sequence[int]) -> tuple[int, ...]:
        """The output codes at one input.

        Parameters
        ----------
        input_codes : sequence of int
            A code of the input format for each input.

        Returns
        -------
        tuple of int
            A code of the output format for each output.

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
        codes = tuple(map(exact_code, input_codes))
        if len(codes) != self.inputs:
            raise InputError(f"{len(codes)} input codes given, the network has {self.inputs}")
        for code in codes:
            if code not in self.input_format.codes:
                raise InputError(
                    f"input code {shown_number(code)} is not a code of {self.input_format}"
                )
        return run(Integers(), self, codes)

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
        array = np.asarray(inputs)
        if array.dtype == object:
            array = np.vectorize(exact_code, otypes=[object])(array)
        if array.ndim != 2 or array.shape[1] != self.inputs or array.dtype.kind not in "iuO":
            raise InputError(
                f"inputs have shape {array.shape} and type {array.dtype}; needed are integer "
                f"codes of shape (points, {self.inputs})"
            )
        codes = self.input_format.codes
        flat = array.reshape(-1)
        position = first_outside(flat, codes)
        if position is not None:
            raise InputError(
                f"input code {shown_number(int(flat[position]))} is not a code of "
                f"{self.input_format}"
            )
        outputs = exactly(lambda ops: run(ops, self, ops.variable(array.T, codes)))
        return np.asarray(outputs.elements.T)


def run(ops: Interpretation[Num, Vector], network: Network, inputs: Vector) -> Vector:
    """The network's output codes, in any interpretation."""
    for layer in network.layers:
        inputs = stages(ops, layer, inputs).outputs
    return inputs
