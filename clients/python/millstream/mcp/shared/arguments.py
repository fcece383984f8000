"""Arguments that several tools take."""

from typing import Annotated

from pydantic import Field

BuildId = Annotated[
    str, Field(min_length=1, max_length=255, description="The id of the build, as the other tools give it.")
]
ProjectFilter = Annotated[
    str, Field(max_length=255, description="Only of this project, by its id. Empty: of any; list_projects knows them.")
]
SchemeFilter = Annotated[
    str, Field(max_length=255, description="Only of this scheme, by its id. Empty: of any; list_projects knows them.")
]
Line = Annotated[int, Field(ge=1, le=20_000, description="How many characters of each line to answer with at most.")]
MAX_LISTED = 200
Limit = Annotated[int, Field(ge=1, le=MAX_LISTED, description="How many at most.")]
InstanceId = Annotated[str, Field(min_length=1, max_length=255, description="The id of the instance.")]
OwnInstanceId = Annotated[
    str, Field(max_length=255, description="The id of the instance. Empty: the one that this session is registered as.")
]
