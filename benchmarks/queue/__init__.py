"""P9: how long a light job takes from the moment that it is put off until it is done."""
