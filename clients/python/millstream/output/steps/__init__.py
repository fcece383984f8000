"""The steps of builds, as each build tool names them."""
