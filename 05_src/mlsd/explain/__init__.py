"""Why does the model answer as it does: model and data in, a table or a plot out, in the names of the original columns.

=====================================  ===================================================================
shap_values                            how much each column moved each prediction (exact where it can be)
permutation                            how much the score drops when a column is shuffled
can_go, Removal                        whether a column can be dropped without harm
partial_dependence, ice                the answer if a column had another value: on average, and for each row
waterfall, bar, beeswarm, dependence   pictures of Shapley values
profiles                               a picture of ICE curves and their mean
=====================================  ===================================================================
"""

from .attributions import shap_values
from .importance import Removal, can_go, permutation
from .partial import ice, partial_dependence, profiles
from .plots import bar, beeswarm, dependence, waterfall

__all__ = [
    "Removal",
    "bar",
    "beeswarm",
    "can_go",
    "dependence",
    "ice",
    "partial_dependence",
    "permutation",
    "profiles",
    "shap_values",
    "waterfall",
]
