"""What time alone decides."""

from floodwatch.model.clock import DAY, HOUR, MINUTE
from floodwatch.model.severity import Severity
from tests.pipeline.town import RESERVOIR, Town


def test_an_alert_clears_after_its_hold_and_not_before(town: Town) -> None:
    town.stage(95.30)
    town.clock.advance(5 * MINUTE)
    town.stage(95.10)
    town.wait(29)
    assert town.alerts()
    town.wait(2)
    assert not town.alerts()


def test_a_restart_in_the_middle_of_an_alert_changes_nothing(town: Town) -> None:
    town.stage(96.90)
    before, told = town.alerts(), len(town.messages())
    town.restart()
    town.wait(2)
    assert [a["id"] for a in town.alerts()] == [a["id"] for a in before]
    assert len(town.messages()) == told


def test_a_hold_goes_on_over_a_restart(town: Town) -> None:
    town.stage(95.30)
    town.clock.advance(5 * MINUTE)
    town.stage(95.10)
    town.wait(20)
    town.restart()
    town.wait(11)
    assert not town.alerts()


def test_a_gauge_that_was_heard_and_falls_silent_is_an_alert(town: Town) -> None:
    town.stage(95.0)
    town.wait(78, step=6)
    assert RESERVOIR in town.silent()
    town.stage(95.0)
    assert RESERVOIR not in town.silent()


def test_a_lowered_threshold_is_judged_with_the_last_reading(town: Town) -> None:
    town.stage(95.0)
    town.configure("thresholds.toml", "above = 95.20\nclear = 95.19", "above = 94.90")
    town.wait(1)
    [alert] = town.alerts()
    assert alert["severity"] == Severity.IV


def test_a_raised_threshold_ends_the_alert_only_after_the_hold(town: Town) -> None:
    town.stage(95.30)
    town.configure("thresholds.toml", "above = 95.20\nclear = 95.19", "above = 96.00")
    town.wait(1)
    assert town.alerts()
    town.wait(32)
    assert not town.alerts()


def test_the_alert_of_a_rule_that_is_gone_ends_and_says_so(town: Town) -> None:
    town.say("61990011", "ponding_depth", 1300.0)
    assert town.alerts()
    text = (town.folder / "thresholds.toml").read_text("utf-8")
    gone = text[
        text.index('[[threshold]]\nkind = "waterlogging"') : text.index("at_or_above = 15") + 16
    ]
    town.configure("thresholds.toml", gone, "")
    town.wait(1)
    assert not town.alerts()


def test_a_wall_clock_an_hour_back_changes_nothing_but_a_system_alert(town: Town) -> None:
    town.clock.step_wall(-HOUR)
    town.wait(1)
    assert town.system_alerts() == ["clock"]
    town.stage(96.90, at=town.clock.wall() + HOUR)
    assert town.alerts()


def test_a_wall_clock_a_year_ahead_changes_nothing_but_a_system_alert(town: Town) -> None:
    town.clock.step_wall(365 * DAY)
    town.wait(1)
    assert town.system_alerts() == ["clock"]
    town.stage(96.90, at=town.clock.wall() - 365 * DAY)
    assert town.alerts()


def test_a_refused_configuration_is_a_system_alert_until_it_is_mended(town: Town) -> None:
    from floodwatch.config.change import Watch

    watch = Watch(town.database, town.folder, who="test")
    good = (town.folder / "thresholds.toml").read_text("utf-8")
    (town.folder / "thresholds.toml").write_text(good.replace("95.20", "99.00"), "utf-8")
    watch.look(now=town.clock.wall())
    town.wait(1)
    assert town.system_alerts() == ["configuration"]
    (town.folder / "thresholds.toml").write_text(good, "utf-8")
    for _ in range(3):
        watch.look(now=town.clock.wall())
    town.wait(3)
    assert not town.system_alerts()


def test_the_silence_of_a_gauge_known_only_by_import_is_no_news(town: Town) -> None:
    from floodwatch.model.batch import Batch
    from floodwatch.model.reading import RawReading

    reading = RawReading(RESERVOIR, "stage", town.clock.wall() - HOUR, 95.0)
    town.send(Batch("import", (reading,), import_id=town.an_import()))
    town.wait(180, step=30)
    assert not town.silent()
