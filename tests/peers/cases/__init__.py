"""What must hold whichever proxy stands in front of the service. A scenario lists the cases its proxy can show."""
