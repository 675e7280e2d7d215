"""Which scope each operation asks for. An operation that is not named here is nobody's."""

from collections.abc import Mapping
from typing import Final

PUBLIC: Final = "public"

# By the name of the route's function.
NEEDED: Final[Mapping[str, str]] = {
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "get_metrics": "read",
    # Signing in; each of these looks at the caller itself.
    "create_owner": PUBLIC,
    "get_me": PUBLIC,
    "create_session": PUBLIC,
    "end_session": PUBLIC,
    "change_password": PUBLIC,
    # Asking, watching, rating.
    "create_recommendation": "watch",
    "create_feedback": "watch",
    "rank_actions": "watch",
    "reward_event": "watch",
    "activate_event": "watch",
    # Judging titles.
    "create_predictions": "predict",
    "server_metadata": PUBLIC,
    "server_live": PUBLIC,
    "server_ready": PUBLIC,
    "model_metadata": "predict",
    "version_metadata": "predict",
    "model_ready": "predict",
    "version_ready": "predict",
    "infer": "predict",
    "infer_version": "predict",
    "invocations": "predict",
    "ping": PUBLIC,
    "mlflow_version": PUBLIC,
    # Looking.
    "list_titles": "read",
    "get_title": "read",
    "list_slates": "read",
    "get_slate": "read",
    "list_feedback": "read",
    "list_training_runs": "read",
    "get_training_run": "read",
    "stream_training_run": "read",
    "list_models": "read",
    "get_history": "read",
    "get_model": "read",
    "get_taste": "read",
    "get_difference": "read",
    "get_card": "read",
    "get_artefact": "read",
    "get_data_quality": "read",
    "mark_watched": "watch",
    "dismiss_question": "watch",
    # Bringing titles, learning.
    "import_titles": "train",
    "create_training_run": "train",
    "cancel_training_run": "train",
    # Deciding what serves.
    "promote_model": "release",
    "roll_back_model": "release",
    "verify_models": "release",
    "prune_models": "release",
    # Saying who may do what.
    "list_accounts": "manage",
    "create_account": "manage",
    "change_account": "manage",
    "delete_account": "manage",
    "list_keys": "manage",
    "create_key": "manage",
    "revoke_key": "manage",
    # Pages.
    "setup_page": PUBLIC,
    "set_up": PUBLIC,
    "login_page": PUBLIC,
    "log_in": PUBLIC,
    "log_out": PUBLIC,
    "access_page": "manage",
    "add_account_by_page": "manage",
    "change_role_by_page": "manage",
    "remove_account_by_page": "manage",
    "make_key_by_page": "manage",
    "revoke_key_by_page": "manage",
    "tonight": "watch",
    "ask": "watch",
    "watched": "watch",
    "rate": "watch",
    "dismiss": "watch",
    "model": "read",
    "library": "read",
    "train": "train",
    "cancel_training": "train",
    "promote_version": "release",
    "roll_back_version": "release",
}

# What goes in or out of these is secret: an Idempotency-Key keeps no word of it.
NEVER_KEPT: Final[frozenset[str]] = frozenset(
    {
        "create_owner",
        "create_session",
        "end_session",
        "change_password",
        "create_account",
        "change_account",
        "create_key",
        "set_up",
        "log_in",
        "log_out",
        "add_account_by_page",
        "make_key_by_page",
    }
)
