"""Why does the model answer as it does: model and data in, a table or a plot out, in the names of the original columns.

=====================================  ===================================================================
shap_values                            how much each column moved each prediction (exact where it can be)
permutation                            how much the score drops when a column is shuffled
can_go, Removal                        whether a column can be dropped without harm
waterfall, bar, beeswarm, dependence   pictures of Shapley values
=====================================  ===================================================================

Partial dependence and ICE are scikit-learn's own: ``sklearn.inspection.PartialDependenceDisplay``.
"""

from .attributions import shap_values
from .importance import Removal, can_go, permutation
from .plots import bar, beeswarm, dependence, waterfall

__all__ = ["Removal", "bar", "beeswarm", "can_go", "dependence", "permutation", "shap_values", "waterfall"]
