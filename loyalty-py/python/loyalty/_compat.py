"""What comes from scikit-learn where it is installed, and what stands in for it where it is not."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

__all__ = [
    "BaseEstimator",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "ClusterMixin",
    "DataConversionWarning",
    "NotFittedError",
    "OneToOneFeatureMixin",
    "SklearnConvergenceWarning",
    "TransformerMixin",
]

try:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        ClusterMixin,
        OneToOneFeatureMixin,
        TransformerMixin,
    )
    from sklearn.exceptions import ConvergenceWarning as SklearnConvergenceWarning
    from sklearn.exceptions import DataConversionWarning, NotFittedError
except ImportError:
    if not TYPE_CHECKING:

        class BaseEstimator:
            """Parameters by name, as scikit-learn's estimators have them."""

            @classmethod
            def _get_param_names(cls) -> list[str]:
                parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
                return sorted(p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL))

            def get_params(self, deep: bool = True) -> dict[str, Any]:
                params = {}
                for name in self._get_param_names():
                    value = getattr(self, name)
                    if deep and hasattr(value, "get_params") and not isinstance(value, type):
                        params.update((f"{name}__{key}", part) for key, part in value.get_params().items())
                    params[name] = value
                return params

            def set_params(self, **params: Any) -> BaseEstimator:
                known = self._get_param_names()
                for key, value in params.items():
                    name, _, rest = key.partition("__")
                    if name not in known:
                        raise ValueError(
                            f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {known!r}."
                        )
                    if rest:
                        getattr(self, name).set_params(**{rest: value})
                    else:
                        setattr(self, name, value)
                return self

            def __repr__(self) -> str:
                defaults = inspect.signature(type(self).__init__).parameters
                given = [
                    f"{name}={getattr(self, name)!r}"
                    for name in self._get_param_names()
                    if repr(getattr(self, name)) != repr(defaults[name].default)
                ]
                return f"{type(self).__name__}({', '.join(given)})"

        class ClassifierMixin:
            """Accuracy as the score."""

            def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
                import numpy as np

                return float(np.average(self.predict(X) == np.asarray(y), weights=sample_weight))

        class ClusterMixin:
            """Labels at once."""

            def fit_predict(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
                return self.fit(X, **fit_params).labels_

        class TransformerMixin:
            """Fit and transform at once."""

            def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
                return self.fit(X, y, **fit_params).transform(X)

        class OneToOneFeatureMixin:
            """As many columns out as in."""

            def get_feature_names_out(self, input_features: Any = None) -> Any:
                import numpy as np

                names = getattr(self, "feature_names_in_", input_features)
                if names is None:
                    names = [f"x{i}" for i in range(self.n_features_in_)]
                return np.asarray(names, dtype=object)

        class ClassNamePrefixFeaturesOutMixin:
            """Columns out named after the class."""

            def get_feature_names_out(self, input_features: Any = None) -> Any:
                import numpy as np

                prefix = type(self).__name__.lower()
                return np.asarray([f"{prefix}{i}" for i in range(self._n_features_out)], dtype=object)

        class SklearnConvergenceWarning(UserWarning):
            """A fit that ended before it converged."""

        class DataConversionWarning(UserWarning):
            """Data that were brought into another shape."""

        class NotFittedError(ValueError, AttributeError):
            """An answer that needs a fit first."""
