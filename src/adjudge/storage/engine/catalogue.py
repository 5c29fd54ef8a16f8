"""What the columns of every table are called.

The definitions stand in ``storage/tables``. To load them takes SQLModel and SQLAlchemy,
which no statement needs: half a second that every command would pay. A test holds the
two against each other.
"""

from __future__ import annotations

_COLUMNS = {
    "accuracy": "queue annotator value counted",
    "adjudication": (
        "id task_id ranking none_acceptable cause why_id blind by_person at supersedes"
    ),
    "answer": (
        "event_id at message_id response_id user_id user_group tenant_id session_id "
        "conversation_id turn trace_id model model_version deployment prompt_version "
        "locale topic experiment variant latency_ms consent digest text_id spans "
        "import_id line"
    ),
    "appeal": "id judgment_id by_person text_id at",
    "appeal_answer": "appeal_id outcome text_id by_person at",
    "batch": "queue name added_at",
    "clearance": "person label until",
    "comparison": (
        "id text_id content_digest judged_digest prompt_digest response_ids "
        "n_responses models lengths topic language labels priority conversation_id "
        "consent gold import_id line"
    ),
    "count_block": "queue block standing body",
    "count_shared": "queue comparisons tasks digests",
    "covered": "text_id whole_id kinds",
    "dataset": "id name options counts by_person at placed",
    "dataset_lineage": ("dataset_id number config about from_id to_id row_ids lineage"),
    "dataset_tombstone": "dataset_id row_id config at why",
    "deed": "id at actor act object payload mac",
    "derived_text": "text_id user_id",
    "draft": "annotator task_id occasion session seq sha256 body saved_at",
    "expertise": "person topic weight",
    "fact": "name value",
    "feedback": (
        "event_id kind at message_id response_id user_id rater session_id polarity "
        "reasons target has_words consent digest text_id spans import_id line"
    ),
    "flag": "id task_id annotator category text_id at",
    "guideline": "name version sha256 change source added_at added_by",
    "guideline_ticket": (
        "id task_id guideline source by_person text_id at closed_at closed_by answer"
    ),
    "hidden": "comparison_id incident_id at",
    "implicit_signal": (
        "comparison_id event_id task_id source kind rejected kept weight at"
    ),
    "import": (
        "id kind queue file sha256 state lines counts by_person started_at done_at"
    ),
    "import_member": "import_id comparison_id line",
    "incident": (
        "id flag_id task_id queue comparison_id category severity state owner due "
        "freezes hides outcome text_id opened_by opened_at"
    ),
    "incident_step": "incident_id seq kind detail text_id by_person at",
    "judgment": (
        "id task_id comparison_id annotator occasion revision supersedes ranking "
        "margin none_acceptable reasons ratings note_id shown seconds guideline at "
        "received_at source judged_digest content_digest clock import_id line meta"
    ),
    "log_entry": "seq at actor act object payload hash",
    "log_head": "id seq hash sealed holes sealed_at",
    "message": "id person queue text_id by_person at",
    "opt_in": "person label daily_cap",
    "pay_rule": "queue seq since policy",
    "person": "name role languages login state state_why meta added_at",
    "person_step": "id person kind detail why by_person at",
    "queue": "name kind overlap settings paused added_at",
    "receipt": "message_id person read_at",
    "recount": "id block",
    "refused_line": "import_id line why",
    "reopen_request": "judgment_id by_person at state answer",
    "review": "judgment_id queue state reviewer lease_until clause note_id seconds at",
    "rewrite": (
        "id rewrite_task annotator revision supersedes outcome text_id edited_share "
        "started_from reasons spans sources fixed_by seconds at received_at "
        "guideline late surplus meta import_id line"
    ),
    "rewrite_review": (
        "rewrite_id queue state reviewer lease_until clause text_id fixed_id seconds "
        "at import_id"
    ),
    "rewrite_task": (
        "id task_id queue text_id message_id source events consent topic language "
        "priority content_digest import_id line"
    ),
    "skip": "annotator task_id code text_id seconds at",
    "slot": (
        "task_id slot queue precedence state annotator occasion purpose token "
        "guideline claimed_at lease_until judgment_id late surplus"
    ),
    "statement_act": "id person month kind line text_id digest by_person at",
    "statement_line": (
        "person month line kind queue at tasks active idle research training review "
        "paid_seconds amount currency late surplus corrects why_id events by_person "
        "added_at"
    ),
    "task": (
        "id queue kind role comparison_id batch priority overlap topic language "
        "labels gold gold_why gold_suspended source_task needs_expert frozen sampled "
        "import_id"
    ),
    "text": "id body erased_at",
    "turn": "task_id annotator occasion queue purpose state why by_person at",
    "unmasking": "id text_id by_person why at",
    "withdrawal": "judgment_id by_person why at",
    "withdrawn_user": "user_id at import_id by_person",
}
COLUMNS = {table: tuple(names.split()) for table, names in _COLUMNS.items()}
