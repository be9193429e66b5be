"""Real time: frames to those who are connected, as the log has them.

`routing` and `consumers` need Channels (`pip install 'django-convo[realtime]'`); server-sent events need ASGI alone.
"""
