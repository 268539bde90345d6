"""What an account holds before a stack comes to it, made with exactly the ids that a stack file names.

The emulator refuses an id that nobody made, as AWS does; so what a stack file takes as given is made first. One file
per kind. Nothing here goes by the API: there AWS chooses the ids.
"""
