"""Pictures to post."""

from io import BytesIO

from PIL import Image

IMAGE_DESCRIPTION = 0x010E


def a_picture(colour: str, *, exif: bool = False) -> bytes:
    """A PNG of one colour; with `exif` it says where it was taken."""
    file, facts = BytesIO(), Image.Exif()
    facts[IMAGE_DESCRIPTION] = "Kestrel hangar, north door"
    Image.new("RGB", (64, 48), colour).save(file, "PNG", exif=facts if exif else b"")
    return file.getvalue()


PNG = a_picture("teal")
