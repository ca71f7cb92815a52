"""Routes by audience: each reads its request, asks one plain function, and answers."""
