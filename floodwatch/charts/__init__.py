"""Series in, figures out: pure, for the pages, the bulletins and the mails."""
