"""The docstrings follow numpydoc, and say something of every public object."""

import inspect
import operator
from types import ModuleType

import numpydoc.validate
import pytest

import loyalty

#: Not asked for: sections that not every object needs, and habits of pandas.
IGNORED = {
    "ES01",  # an extended summary
    "EX01",  # examples, of methods
    "GL01",  # the summary on a line of its own
    "RT03",  # a description of every returned value
    "SA01",  # See Also
    "SA04",  # a description in See Also
    "SS06",  # a summary within one line
    "PR09",  # a period after each description
}


def documented() -> list[str]:
    """The names of all public functions, classes and methods of the package."""
    names = []
    modules = [loyalty.churn, loyalty.clv, loyalty.metrics, loyalty.plot]
    objects = [(f"loyalty.{name}", getattr(loyalty, name)) for name in loyalty.__all__]
    objects += [(f"{m.__name__}.{name}", getattr(m, name)) for m in modules for name in m.__all__]
    for path, found in objects:
        if isinstance(found, ModuleType):
            continue
        names.append(path)
        if inspect.isclass(found):
            names += [f"{path}.{name}" for name, member in vars(found).items() if is_own_method(name, member)]
    return names


def is_own_method(name: str, member: object) -> bool:
    is_method = inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod, property))
    return is_method and not name.startswith("_")


@pytest.mark.parametrize("name", documented())
def test_docstring(name: str) -> None:
    # The fields of a record are attributes, not parameters; the docstring of a native one has no quotes.
    found = operator.attrgetter(name.removeprefix("loyalty."))(loyalty)
    is_record = isinstance(found, type) and (issubclass(found, tuple) or found is loyalty.CustomerScore)
    ignored = IGNORED | ({"PR01", "GL02"} if is_record else set())
    errors = numpydoc.validate.validate(name)["errors"]
    problems = [f"{code} {text}" for code, text in errors if code not in ignored]
    assert not problems, "\n".join(problems)


def test_each_class_and_function_has_an_example() -> None:
    exempt = {"RowCounts", "LoyaltyTypeError", "CustomerScore"} | {n for n in loyalty.__all__ if n.endswith("Warning")}
    for name in loyalty.__all__:
        found = getattr(loyalty, name)
        if not isinstance(found, ModuleType) and name not in exempt:
            assert ">>> " in inspect.getdoc(found), name
