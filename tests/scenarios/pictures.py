"""Pictures to post."""

from io import BytesIO

from PIL import Image


def a_picture(colour: str, *, size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG of one colour."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


PNG = a_picture("teal")
