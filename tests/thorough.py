"""How long Hypothesis looks, and whether it makes a failure small."""

from hypothesis import Phase, settings

THOROUGH = settings.get_current_profile_name() == "thorough"
PHASES = tuple(Phase) if THOROUGH else (Phase.explicit, Phase.reuse, Phase.generate)
"""Of tests that go through many steps. To make their failures small takes minutes: past a test's time, which then tells
of nothing but that.
"""
