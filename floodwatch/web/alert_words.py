"""An alert in a few words: what is over which limit."""

from collections.abc import Mapping
from typing import Any

from floodwatch.web.language import _, chosen
from floodwatch.web.words import figure, unit, variable_name


def headline(alert: Mapping[str, Any]) -> str:
    """What the alert is about, in the words of the room; never a colour."""
    label = alert["label"] or alert["band"] or alert["type"]
    variable, kind = alert["variable"], alert["type"]
    value, limit = alert["value"], alert["limit_value"]
    if kind == "stale":
        return _("%(what)s 失测", what=variable_name(variable))
    own = (alert["facts"] or {}).get(chosen())  # the rule itself has worded it
    if kind == "system" or (own and kind not in ("level", "rainfall", "rate")):
        return str(own or label)
    if kind == "rainfall" and value is not None:
        span = alert["facts"].get("window") if alert["facts"] else None
        hours = f"{span // 3_600_000}h " if isinstance(span, int) and span >= 3_600_000 else ""
        return f"{label} {hours}{value:.1f} mm"
    if kind == "rate" and value is not None:
        verb = _("落") if alert["direction"] == "fall" else _("涨")
        return f"{label} {verb} {figure(abs(value), variable)} {unit(variable)}/h"
    if kind == "level" and limit is not None:
        verb = _("低于") if alert["direction"] == "down" else _("超")
        shown = figure(limit, variable)
        verb += " " if chosen() == "en" else ""
        return f"{verb}{label}" if shown in label else f"{verb}{label} {shown} {unit(variable)}"
    return str(label)
