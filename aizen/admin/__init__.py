"""Administration: the first administrator, users, images, work, the state of the service, and a record of all that is done here."""
