"""The conservation audit: what was measured must have become alerts, messages, answers.

A second, simple implementation. It reads the tables and the configuration documents itself and
shares nothing with rules, the life of alerts or routing, so that a mistake there shows here.
"""

from floodwatch.audit.run import Violation, violations

__all__ = ["Violation", "violations"]
