"""The model factory, one file a topic. A lab line names its module: ``lake.read(...)`` lives in ``lake.py``.

=================  ================================================================================
errors             what can go wrong, with its fix
settings, logs     where data and services live; one call sets logging
datasets           real flights and stocks, synthetic prices, credit and fires, readers for your own files
store              a table in SQLite or PostgreSQL
lake               a table as partitioned Parquet, from a folder of CSV files
features           new columns that never look ahead and never mix groups, on pandas and on Dask
cluster            a Dask client: in this process, on this machine, or on a scheduler elsewhere
services, doctor   start and stop what a lab needs; find what is wrong with a set-up
cli                the ``mlsd`` command
=================  ================================================================================

Importing mlsd loads none of them: write ``from mlsd import lake`` and pay for what you use.
"""

__version__ = "0.1.0"
