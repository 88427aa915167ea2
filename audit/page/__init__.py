"""The parts of the page that checks a receipt from a disk; `audit.receipt_page` joins them."""
