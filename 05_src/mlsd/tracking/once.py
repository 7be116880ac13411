"""A run that must exist once, although the process that makes it may be killed at any moment."""

from . import connection

__all__ = ["KEY", "settled"]

KEY = "once.key"


def settled(experiment: str, key: str) -> dict[str, str | int | None] | None:
    """The finished run that logged this key; what a killed process left of it half-way is deleted.

    Log the key first (``run.log_params({tracking.KEY: key})``), everything else after it.

    Parameters
    ----------
    experiment : str
        The experiment's name.
    key : str
        What tells this piece of work from all others, such as a digest of its inputs.

    Returns
    -------
    dict or None
        ``run_id``, and ``version`` of the model registered in it (None if there is none). None if it must be done.

    Raises
    ------
    ServiceError
        If the server does not answer within 2 seconds.
    """
    uri = connection.address()
    connection.require(uri)
    mlflow = connection.client(uri)
    found = mlflow.get_experiment_by_name(experiment)
    if found is None:
        return None
    done = None
    for each in mlflow.search_runs([found.experiment_id], f"params.`{KEY}` = '{key}'"):
        versions = mlflow.search_model_versions(f"run_id = '{each.info.run_id}'")
        if each.info.status == "FINISHED":
            done = {"run_id": each.info.run_id, "version": max((int(v.version) for v in versions), default=None)}
            continue
        for version in versions:
            mlflow.delete_model_version(version.name, version.version)
        mlflow.delete_run(each.info.run_id)
    return done
