"""The models of a site: which grades here, who put it there, and on what evidence."""
