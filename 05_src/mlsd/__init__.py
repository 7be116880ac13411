"""The model factory, one file a topic. A lab line names its module: ``lake.read(...)`` lives in ``lake.py``.

=================  ================================================================================
errors             what can go wrong, with its fix
settings, logs     where data and services live; one call sets logging
datasets           real flights and stocks, synthetic prices, credit and fires, readers for your own files
store              a table in SQLite or PostgreSQL
lake               a table as partitioned Parquet, from a folder of CSV files
features           new columns that never look ahead and never mix groups, on pandas and on Dask; encoders
sampling           draw rows, split by time and group, resample a rare class inside the folds
labels             labels that come late, from rules, from people, and by asking few questions
evaluate           baselines, metrics for a rare class, costs and the threshold that they imply
models             named pipelines for flights, credit and fires
leakage            audits that find a leak and measure what it pretends
drift              has the data changed since the model learned it: columns, all together, and streams
tuning             grid, random, TPE and halving searches: one search, one table
explain            why a model answers as it does, in the columns that went in
tracking           experiments that can be repeated, models that can be found (MLflow)
serve              a registered model over HTTP and in batch, with the same answers, every one recorded
monitor            what was served, what it said, what went wrong, and when somebody should look
factory            a spec in; a gated, registered champion out, watched, and replaced when that pays
cluster            a Dask client: in this process, on this machine, or on a scheduler elsewhere
services, doctor   start and stop what a lab needs; find what is wrong with a set-up
cli                the ``mlsd`` command
=================  ================================================================================

Importing mlsd loads none of them: write ``from mlsd import lake`` and pay for what you use.
"""

__version__ = "0.1.0"
