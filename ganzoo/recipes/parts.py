"""Parts whose every option has its value: from text such as "gp:weight=5" to an instance of a class."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from ganzoo.interfaces.component import Component
from ganzoo.interfaces.schedule import first, last, schedules_in
from ganzoo.recipes.options import Option, as_text, options
from ganzoo.recipes.selection import Selected, bare_path, look_up
from ganzoo.recipes.source import package_sha256
from ganzoo.recipes.spec import parse_part, quote
from ganzoo.registry.registry import Entry, Registry, current_registry, import_target
from ganzoo.support.errors import DataError, GanzooWarning, SpecError, Unloadable
from ganzoo.support.faults import Faults
from ganzoo.support.messages import listed, nearest, sentence

_REQUIRED_METHODS = {
    "architecture": ["generator", "discriminator"],
    "loss": ["d", "g"],
    "metric": ["__call__"],
    "extractor": ["__call__"],
    "launcher": ["at_once", "run"],
}


@dataclass(frozen=True)
class Part:
    """A part with every option resolved. `str` gives its canonical spec."""

    entry: Entry
    cls: type[Any]
    params: Mapping[str, Any]
    sources: Mapping[str, str]
    """Option -> where its value came from: "given", "bundle wgangp", "dataset digits", "default"."""
    stated: tuple[str, ...] = ()
    """Options that the canonical spec states, because without it they would be, or may once become, another value."""

    @property
    def component(self) -> Component:
        """What the part says of itself."""
        return self.entry.component

    @property
    def name(self) -> str:
        """Its name in a canonical spec: "gp", or "plugin/gp"."""
        return self.entry.name

    @property
    def schedules(self) -> dict[str, Any]:
        """The options that change over a run: name -> a `Schedule`, or a tuple with one."""
        return {name: value for name, value in self.params.items() if schedules_in(value)}

    def build(self, ended: bool = False) -> Any:
        """A new instance, with options as they are when a run begins, or when it has `ended`.

        A term or a data set learns its name.
        """
        instance = self.cls(**{name: (last if ended else first)(value) for name, value in self.params.items()})
        if self.component.kind in ("loss", "regularizer", "dataset"):
            object.__setattr__(instance, "name", self.name)  # also where the dataclass is frozen
        return instance

    def source_sha256(self) -> str | None:
        """Of the file that was named with `--with`, else of its class's package; None if it is built in."""
        origin = self.entry.origin
        return None if origin.plugin is None else origin.sha256 or package_sha256(self.cls.__module__)

    def provenance(self) -> dict[str, Any]:
        """Its version, its options, and where it came from, fit for JSON."""
        origin = self.entry.origin
        return {
            "version": self.component.version,
            "params": json.loads(json.dumps(dict(self.params), default=str)),
            "plugin": origin.plugin,
            "distribution": origin.distribution,
            "distribution_version": origin.version,
            "source_sha256": self.source_sha256(),
        }

    @property
    def identity(self) -> list[Any]:
        """What decides its numbers beside its options."""
        version = self.entry.origin.version
        return [self.component.version, self.source_sha256(), *([version] if version else [])]

    @property
    def first_text(self) -> str:
        """As `str`, with the names that it and its options had first: a recipe that is only renamed keeps its id."""
        first = {name: old for old, name in reversed(list(self.component.renamed.items()))}
        return self._text(self.entry.first_name, first)

    def __str__(self) -> str:
        return self._text(self.name, {})

    def _text(self, name: str, names: Mapping[str, str]) -> str:
        stated = [f"{names.get(option, option)}={quote(as_text(self.params[option]))}" for option in self.stated]
        return f"{name}:{','.join(stated)}" if stated else name


def part(
    text: str, kind: str, options: Mapping[str, Any] | None = None, registry: Registry | None = None, where: str = ""
) -> Part:
    """The one part of `kind` that a text names, such as "fid:extractor=randconv" for `--metric`.

    `options` are further ones, which the text may not state too; `where` heads each mistake. Raises `SpecError` with
    all mistakes at once, and `DataError` where a data set reads files when it is made.
    """
    faults, extra = Faults(), options or {}
    if kind == "dataset" and (mistaken := bare_path(text, registry or current_registry())):
        raise SpecError([where + fault for fault in mistaken])
    if spec := faults.collect(parse_part, text, where=where):
        faults.add(*(f"{where}{text}: {name} is given twice" for name in extra if name in spec.options))
        entry = faults.collect(look_up, spec, (kind,), registry or current_registry(), where=where)
        if entry and (found := faults.collect(resolve_part, Selected(entry, {**extra, **spec.options}), where=where)):
            faults.add(*(where + fault for fault in class_faults(found)))
            faults.raise_if_any()
            return found
    raise SpecError(faults.messages)


def resolve_part(selected: Selected, dataset: Entry | None = None, canonical: bool = False) -> Part:
    """Resolve every option: given, else the bundle's, else what the data set recommends, else the default.

    Where the spec is `canonical`, what it does not state is the default. Raises `SpecError` with all mistakes.
    """
    name, faults = selected.entry.name, Faults()
    try:
        cls, available = class_and_options(selected.entry.component)
    except Unloadable as error:
        raise SpecError([str(error)]) from None
    by_dataset = f"dataset {dataset.name if dataset else ''}"
    texts: dict[str, Mapping[str, Any]] = {
        by_dataset: recommended_for(selected.entry, dataset),
        f"bundle {selected.bundle}": selected.bundle_options,
        "given": selected.options,
    }
    layers = {"default": {option.name: option.default for option in available.values() if not option.required}}
    for source, values in texts.items():
        where = name if source == "given" else f"{source}: {name}"
        layers[source] = _convert(values, selected.entry.component, available, where, faults)
    usual = [layers["default"], layers["default"] | layers[by_dataset]]
    if canonical:  # it stays as it is written, whatever would be stated today
        del layers[by_dataset], usual[1]
    params = {option: value for values in layers.values() for option, value in values.items()}
    if not faults:
        faults.add(*(_missing(name, option) for option in available.values() if option.name not in params))
    faults.raise_if_any()
    sources = {option: source for source, values in layers.items() for option in values}
    written = layers["given"] if canonical else ()
    stated = [o for o in available if o in written or any(o not in v or v[o] != params[o] for v in usual)]
    return Part(selected.entry, cls, params, sources, tuple(stated))


def class_and_options(component: Component) -> tuple[type[Any], dict[str, Option]]:
    """The class of a part and its options. Raises `Unloadable` where it cannot be imported or is no dataclass."""
    cls, what = import_target(component), f"{component.kind} {component.name!r}: {component.target}"
    if not isinstance(cls, type) or not is_dataclass(cls) or _lacks_decorator(cls):
        raise Unloadable(f"{what} is no dataclass; make it a class with @dataclass above, whose fields are its options")
    try:
        return cls, options(cls)
    except Exception as error:  # annotations and default factories are a plugin's code
        raise Unloadable(f"{what}: its options cannot be read: {sentence(error)}") from error


def _lacks_decorator(cls: type[Any]) -> bool:
    """Whether it names fields of its own, but only a class that it inherits from is a dataclass."""
    own = inspect.get_annotations(cls).values()
    return "__dataclass_fields__" not in vars(cls) and any("ClassVar" not in str(kind) for kind in own)


def recommended_for(part: Entry, dataset: Entry | None) -> dict[str, Any]:
    """What a data set recommends for a part's options or a bundle's settings: its defaults called "name:option"."""
    if dataset is None:
        return {}
    names = {part.name, part.first_name}
    if part.origin.plugin in (None, dataset.origin.plugin):
        names |= {part.component.name, *part.component.aliases}
    keys = [(key.partition(":"), value) for key, value in dataset.component.defaults.items()]
    return {option: value for (name, colon, option), value in keys if colon and name in names}


def _convert(
    texts: Mapping[str, Any], component: Component, available: Mapping[str, Option], where: str, faults: Faults
) -> dict[str, Any]:
    """Values of options from their text. What cannot be converted is a fault."""
    values: dict[str, Any] = {}
    for key, text in texts.items():
        name = key or next(iter(available), "")
        if name not in available and name in component.renamed:
            warnings.warn(f"{where}: {name} is called {component.renamed[name]} now", GanzooWarning, stacklevel=2)
            name = component.renamed[name]
        if name not in available:
            what = f"no option {name!r}{nearest(name, available)}" if available else "no options"
            faults.add(f"{where} has {what}")
        elif name in values:
            faults.add(f"{where}: {name} is given twice, once as its leading value")
        else:
            try:
                values[name] = available[name].convert(text)
            except ValueError as error:
                faults.add(f"{where}: {name}: {error}")
    return values


def _missing(part: str, option: Option) -> str:
    return f"{part} needs its option {option.name} ({option.type}); write {part}:{option.name}=..."


def class_faults(part: Part) -> Iterator[str]:
    """Why a class is not what its kind must be, or cannot be built. Raises `DataError`."""
    from ganzoo.interfaces.datasets import lacking
    from ganzoo.interfaces.terms import Loss, Regularizer
    from ganzoo.interfaces.trackers import Tracker

    what, kind = f"{part.name}: {part.component.target}", part.component.kind
    base: type = {"loss": Loss, "regularizer": Regularizer, "tracker": Tracker}.get(kind, object)
    if not issubclass(part.cls, base):
        yield f"{what} is no subclass of ganzoo.{base.__name__}"
        return
    required = _REQUIRED_METHODS.get(kind, [])
    defined = {name for cls in part.cls.__mro__ if cls not in base.__mro__ for name in vars(cls)}
    if missing := [name for name in required if name not in defined]:
        yield f"{what} has no {listed(missing, 'and')}; every {kind} defines {listed(required, 'and')}"
        return
    try:
        instance = part.build()
        if part.schedules:
            part.build(ended=True)
    except DataError:
        raise
    except Exception as error:  # whatever a plugin's __post_init__ raises
        yield f"{part.name}: {error if isinstance(error, ValueError) else sentence(error)}"
        return
    if kind == "dataset" and (missing := lacking(instance)):
        yield f"{what} has no {listed(missing, 'and')}; inherit from ganzoo.Images or ganzoo.Points, or define them"
