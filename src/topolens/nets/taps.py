"""Recording what the layers of any torch model hold, by forward hooks on module names."""

import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from topolens.arguments import checked_count
from topolens.errors import TopolensError, unknown_name
from topolens.nets.batches import Forward, batches_of, run_batch, samples_in
from topolens.nets.outputs import as_array, is_channels_last, tensor_of
from topolens.nets.random_state import RANDOM_STATE

Take = Callable[[Tensor], Tensor]
Pick = Callable[[Any], Tensor]
Hook = Callable[[nn.Module, Any, Any], None]
Calls = int | Literal["last", "all"]
Mode = Literal["eval", "as is"]
_PASSES = threading.Lock()
_fused_before: list[bool] = []  # of each pass that now runs layer by layer
LAYOUTS = ("channels first", "channels last", "tokens")


@dataclass(frozen=True)
class Recording:
    """How a pass is recorded: the keyword arguments of :func:`record_activations`."""

    forward: Forward | None = None
    pick: Pick | None = None
    calls: Calls | None = None
    mode: Mode = "eval"
    allow_infinite: bool = False

    @property
    def keeps_last_call(self) -> bool:
        """Whether earlier calls of a layer need not be kept."""
        return self.calls in (None, "last", -1)


def record_activations(
    model: nn.Module,
    inputs: Any,
    layers: str | Sequence[str],
    *,
    forward: Forward | None = None,
    pick: Pick | None = None,
    calls: Calls | None = None,
    mode: Mode = "eval",
    allow_infinite: bool = False,
) -> dict[str, np.ndarray]:
    """The outputs of named modules.

    The model is left as it was: modes, buffers, hooks and the state of torch's random generators.

    Args:
        model: Any module, on any device.
        inputs: One batch: a tensor, an array, a mapping of keyword arguments, or a tuple of arguments, of which the
            first is taken where the model takes one (inputs beside labels). Or many of them, which run one after the
            other: a DataLoader, a Dataset, any iterator. Floating numbers and bytes are brought to the model's
            precision.
        layers: Module names as in `dict(model.named_modules())`, or one of them; "" is the model itself. layers_of
            lists them.
        forward: How to call the model on a batch, where the rule above does not do: `lambda model, batch: ...`.
        pick: From a module's output to the tensor that is kept, samples first: `lambda output: output.movedim(1, 0)`.
            Without it the output itself, its field `logits`, `out` or `last_hidden_state`, or the first tensor in it
            (see topolens.nets.outputs), which must have as many entries along its first axis as there are samples.
        calls: Of a module that runs several times in a pass: the number of the call (-1 the last), "last", or "all",
            one behind the other along the samples. None is "last", with a warning.
        mode: "eval" for evaluation behaviour; "as is" for each module's own mode.
        allow_infinite: Keep infinite activations, such as masked scores.

    Returns:
        Name to array, first dimension = samples, in the order of `layers`.

    Raises:
        TopolensError: unknown layer name, a layer that did not run (and why), an output whose axis does not fit the
            samples, NaN in the inputs, or NaN or infinite activations.
    """
    names = [layers] if isinstance(layers, str) else [*layers]
    takes = dict.fromkeys(names, _whole)
    how = Recording(forward, pick, calls, mode, allow_infinite)
    parts = [record_outputs(model, batch, takes, how) for batch in batches_of(inputs)]
    if not parts:
        raise TopolensError("inputs: expected at least one batch, found none")
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def record_channel_vectors(model: nn.Module, inputs: Tensor, positions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Channel vectors at chosen positions of named layers' activation maps; the maps themselves are not kept.

    Args:
        model: As for :func:`record_activations`.
        inputs: (images, ...).
        positions: Layer to (m, 3) integers: image, row and column of each vector.

    Returns:
        Layer to (m, channels), in the order of its positions.

    Raises:
        TopolensError: as for :func:`record_activations`, a layer without a map, or a position outside of it.
    """
    return record_outputs(model, inputs, {name: partial(_vectors_at, name, at) for name, at in positions.items()})


def map_sizes(model: nn.Module, inputs: Tensor, layers: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Channels, height and width of named layers' activation maps, found by running one image.

    Raises:
        TopolensError: a layer without a map, or one whose channels come last.
    """
    recorded = record_activations(model, inputs[:1], layers)
    sizes = {}
    for name, maps in recorded.items():
        if maps.ndim != 4:
            raise TopolensError(
                f"layer {name!r}: expected an activation map (channels, height, width), found {maps.shape[1:]}"
            )
        if is_channels_last(maps.shape, *inputs.shape[2:4]):
            raise TopolensError(
                f"layer {name!r}: expected an activation map (channels, height, width), found {maps.shape[1:]}, whose "
                "channels come last; permute it in a module of its own and take that"
            )
        sizes[name] = maps.shape[1:]
    return sizes


def _whole(output: Tensor) -> Tensor:
    return output


def _vectors_at(name: str, positions: np.ndarray, output: Tensor) -> Tensor:
    if output.ndim != 4:
        raise TopolensError(
            f"layer {name!r}: expected maps (images, channels, height, width), found {tuple(output.shape)}"
        )
    sizes = np.array([output.shape[0], *output.shape[2:]])
    if len(positions) and ((positions < 0) | (positions >= sizes)).any():
        raise TopolensError(f"layer {name!r}: positions must lie in {sizes.tolist()} (images, rows, columns)")
    image, row, column = torch.from_numpy(positions.T.copy()).to(output.device)
    return output[image, :, row, column]


def record_outputs(
    model: nn.Module, inputs: Any, takes: Mapping[str, Take], how: Recording = Recording()
) -> dict[str, np.ndarray]:
    """Run a model on one batch; of each layer's output keep what its function takes, and nothing else.

    Args:
        model, inputs: As for :func:`record_activations`, one batch.
        takes: Module name to a function of its output, samples first.
        how: As for :func:`record_activations`.

    Raises:
        TopolensError: as for :func:`record_activations`.
    """
    kept: dict[str, list[np.ndarray]] = {name: [] for name in takes}
    ran = dict.fromkeys(takes, 0)
    samples = samples_in(inputs)

    def tap(name: str) -> Hook:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            what = f"layer {name!r}"
            tensor = tensor_of(output, what) if how.pick is None else how.pick(output)
            if how.pick is None and how.calls != "all":
                _check_samples(tuple(tensor.shape), samples, what)
            if how.keeps_last_call:
                kept[name].clear()
            kept[name].append(as_array(takes[name](tensor.detach()), what))
            ran[name] += 1

        return hook

    modules = modules_of(model)
    run_tapped(model, inputs, {name: tap(name) for name in takes}, modules, how)
    recorded = {name: _chosen(name, arrays, ran[name], how, modules[name]) for name, arrays in kept.items()}
    for name, array in recorded.items():
        if not np.isfinite(array).all() and not (how.allow_infinite and not np.isnan(array).any()):
            raise _not_finite(name, array)
    return recorded


def run_tapped(
    model: nn.Module, batch: Any, hooks: Mapping[str, Hook], modules: dict[str, nn.Module], how: Recording = Recording()
) -> Any:
    """One pass with forward hooks on some of the model's modules, which leaves no trace in the model; its output."""
    for name in hooks:
        if name not in modules:
            raise unknown_name("layer", name, filter(None, modules), type(model).__name__, "layers_of(model, sample)")
        if isinstance(modules[name], torch.jit.ScriptModule):
            raise TopolensError(f"layer {name!r}: traced and scripted modules run no hooks; record the original model")
    with ExitStack() as stack:
        stack.enter_context(_untouched([*modules.values()], model, how.mode))
        for name, hook in hooks.items():
            stack.callback(modules[name].register_forward_hook(hook).remove)
        stack.enter_context(torch.no_grad())
        try:
            return run_batch(getattr(model, "_orig_mod", model), batch, how.forward)
        except RuntimeError as error:
            if isinstance(error, TopolensError) or "does not require grad" not in str(error):
                raise
            raise TopolensError(
                f"model: {type(model).__name__} differentiates in its forward pass; allow it there, "
                "forward=lambda model, batch: torch.enable_grad()(model)(batch)"
            ) from error


def modules_of(model: nn.Module) -> dict[str, nn.Module]:
    """All modules by each of their names; those of a compiled model as of the model itself."""
    return dict(getattr(model, "_orig_mod", model).named_modules(remove_duplicate=False))


@contextmanager
def _untouched(modules: Iterable[nn.Module], model: nn.Module, mode: str) -> Iterator[None]:
    """Modes, buffers and generators are afterwards as before; compiled and fused ways, which run no hooks, are off."""
    if mode not in ("eval", "as is"):
        raise unknown_name("mode", mode, ["eval", "as is"])
    training = [module for module in modules if module.training and mode == "eval"]
    compiled = {module: call for module in modules if (call := getattr(module, "_compiled_call_impl", None))}
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()} if mode == "as is" else {}
    with ExitStack() as stack:
        if any(isinstance(module, nn.MultiheadAttention | nn.TransformerEncoder) for module in modules):
            stack.enter_context(_unfused())
        on_gpu = any(one.is_cuda for one in model.parameters())
        with RANDOM_STATE:
            states = [torch.get_rng_state(), *(torch.cuda.get_rng_state_all() if on_gpu else [])]
        for module in compiled:
            module._compiled_call_impl = None
        for module in training:
            module.training = False
        try:
            yield
        finally:
            with RANDOM_STATE:
                torch.set_rng_state(states[0])
                if states[1:]:
                    torch.cuda.set_rng_state_all(states[1:])
            for module in training:
                module.training = True
            for module, call in compiled.items():
                module._compiled_call_impl = call
            with torch.no_grad():
                for name, buffer in buffers.items():
                    model.get_buffer(name).copy_(buffer)


@contextmanager
def _unfused() -> Iterator[None]:
    """Attention layer by layer, so that hooks run: a setting of the whole process, restored after the last pass."""
    with _PASSES:
        _fused_before.append(torch.backends.mha.get_fastpath_enabled())
        torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        with _PASSES:
            before = _fused_before.pop()
            if not _fused_before:
                torch.backends.mha.set_fastpath_enabled(before)


def _check_samples(shape: tuple[int, ...], samples: int | None, what: str) -> None:
    """Refuse an output whose first axis is not that of the samples, such as frames or places."""
    if samples is None or shape[:1] == (samples,):
        return
    place = next((place for place, size in enumerate(shape) if size == samples), None)
    mend = "calls='all' if it runs in chunks, pick=lambda output: output to keep it as it is"
    raise TopolensError(
        f"{what}: expected {samples} samples along the first axis, found shape {shape}; say "
        + (mend if place is None else f"pick=lambda output: output.movedim({place}, 0)")
    )


def _chosen(name: str, arrays: list[np.ndarray], ran: int, how: Recording, module: nn.Module) -> np.ndarray:
    """Of a layer's calls those that were asked for."""
    if not ran:
        raise TopolensError(f"layer {name!r} did not run in the forward pass: {_why_not(module)}")
    if how.calls is None and ran > 1:
        warnings.warn(
            f"layer {name!r} ran {ran} times in one pass, the last call is kept; choose one by its number with "
            "calls=0, or calls='all'",
            stacklevel=4,
        )
    if how.calls == "all":
        return np.concatenate(arrays)
    if how.keeps_last_call:
        return arrays[0]
    place = checked_count(how.calls, "calls", -ran, ran - 1)
    return arrays[place]


def _why_not(module: nn.Module) -> str:
    if isinstance(module, nn.ModuleList | nn.ModuleDict | nn.ParameterList | nn.ParameterDict):
        parts = ", ".join(repr(name) for name, _ in module.named_children())
        return f"a {type(module).__name__} never runs itself; take one of its parts, {parts}"
    return (
        "the pass takes another way, or calls its forward() directly, which runs no hooks; call the module itself, or "
        "take a layer beside it (layers_of lists those that run)"
    )


def _not_finite(name: str, array: np.ndarray) -> TopolensError:
    bad = ~np.isfinite(array)
    kind = "NaN or infinite" if np.isnan(array).any() else "infinite"
    mend = "the network has diverged" if kind != "infinite" else "allow_infinite=True keeps them, e.g. masked scores"
    first = tuple(int(place) for place in np.argwhere(bad)[0])
    return TopolensError(
        f"layer {name!r}: NaN or infinite activations, {bad.mean():.2%} of {array.shape}, the first at {first}; {mend}"
    )


def channel_vectors(activation_map: np.ndarray, layout: str | None = None) -> np.ndarray:
    """The channel vectors of activation maps, one for each spatial position.

    Args:
        activation_map: (channels, height, width), or (images, channels, height, width) to pool images; (height,
            width, channels), or with images in front, for channels last; (images, tokens, channels) for tokens.
        layout: "channels first", "channels last" or "tokens"; None is channels first, refused where the shape looks
            like one of the others.

    Returns:
        (positions, channels), rows in the order image, row, column.

    Raises:
        TopolensError: another number of dimensions, an unknown layout, or a shape that does not say what it is.
    """
    maps = np.asarray(activation_map)
    if maps.ndim not in (3, 4):
        raise TopolensError(f"activation map: expected 3 or 4 dimensions, found shape {maps.shape}")
    if layout not in (None, *LAYOUTS):
        raise unknown_name("layout", layout, LAYOUTS)
    rows, columns = maps.shape[-2:]
    doubtful = maps.shape[-3] == rows != columns if maps.ndim == 4 else rows != columns
    if layout is None and doubtful:
        raise TopolensError(
            f"activation map: shape {maps.shape} may have its channels last or hold tokens; say layout='channels "
            "first', 'channels last' or 'tokens'"
        )
    if layout in ("channels last", "tokens"):
        return maps.reshape(-1, maps.shape[-1])
    return np.moveaxis(maps, -3, -1).reshape(-1, maps.shape[-3])
