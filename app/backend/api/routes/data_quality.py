"""See how good the data are that training reads."""

from fastapi import APIRouter

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.workflows.quality import QualityReport, quality_report

router = APIRouter(route_class=Guarded, tags=["data"])


@router.get("/data-quality")
def get_data_quality(household: HouseholdDep) -> QualityReport:
    """Report on the data: what came in, what is used and why the rest is not, and what it covers.

    The rows read are the rows used and the counts of all checks whose action is "left out".
    """
    with household.database.reading() as session:
        return quality_report(session, household.clock)
