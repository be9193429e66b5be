"""What people fill in. A form checks shapes; whether a thing may be done, the action decides."""

from .base import ActionForm
from .composer import ComposerForm
from .conversations import DetailsForm, NewConversationForm
from .members import AddMembersForm
from .membership import MembershipForm, StateForm
from .messages import EditForm, ForwardForm, ReportForm
from .reports import ReviewForm
from .sanctions import SanctionForm
from .scheduled import ScheduledForm

__all__ = [
    "ActionForm",
    "AddMembersForm",
    "ComposerForm",
    "DetailsForm",
    "EditForm",
    "ForwardForm",
    "MembershipForm",
    "NewConversationForm",
    "ReportForm",
    "ReviewForm",
    "SanctionForm",
    "ScheduledForm",
    "StateForm",
]
