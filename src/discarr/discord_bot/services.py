"""What the Discord side works with: handed in by `app`, never looked up."""

from dataclasses import dataclass
from datetime import datetime

from discarr.core.clock import Clock
from discarr.core.config import Config
from discarr.core.logging import LogLevelSwitch
from discarr.core.store import Store
from discarr.core.watchdog import LoopMonitor
from discarr.discord_bot.cleanup_drafts import CleanupDraft
from discarr.discord_bot.drafts import Drafts
from discarr.discord_bot.import_drafts import ImportDrafts
from discarr.discord_bot.levels import Levels
from discarr.discord_bot.notifications import DiscordSink
from discarr.discord_bot.operation_reports import OperationReports
from discarr.discord_bot.status_message import StatusMessage
from discarr.monitoring.acting.desk import ActionDesk
from discarr.monitoring.alerts.desk import Desk
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.cleanup.desk import CleanupDesk
from discarr.monitoring.health_checker import HealthChecker
from discarr.monitoring.progress_tracker import ProgressTracker


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of the running process that commands and buttons use."""

    settings: Config
    clock: Clock
    store: Store
    cache: CacheManager
    tracker: ProgressTracker
    status_message: StatusMessage
    sink: DiscordSink
    desk: Desk
    reports: OperationReports
    drafts: ImportDrafts
    cleanup_drafts: Drafts[CleanupDraft]
    checker: HealthChecker
    actions: ActionDesk
    levels: Levels
    cleanup: CleanupDesk
    log_level: LogLevelSwitch
    loop_monitor: LoopMonitor
    started_at: datetime
