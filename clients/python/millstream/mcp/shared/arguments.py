"""Arguments that several tools take."""

from typing import Annotated

from pydantic import Field

BuildId = Annotated[
    str, Field(min_length=1, max_length=255, description="The id of the build, as the other tools give it.")
]
ProjectFilter = Annotated[
    str, Field(max_length=255, description="Only of this project, by its id (see list_projects). Empty: all.")
]
SchemeFilter = Annotated[
    str, Field(max_length=255, description="Only of this scheme, by its id (see list_projects). Empty: all.")
]
Line = Annotated[int, Field(ge=1, le=20_000, description="Maximum number of characters per line.")]
MAX_LISTED = 200
Limit = Annotated[int, Field(ge=1, le=MAX_LISTED, description="Maximum number.")]
InstanceId = Annotated[str, Field(min_length=1, max_length=255, description="The id of the instance.")]
OwnInstanceId = Annotated[
    str, Field(max_length=255, description="The id of the instance. Empty: the one that this session is registered as.")
]
