"""Our own staff: their accounts, here and in allauth, and their roles."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from privacy import models
from privacy.datamap import exempt

EMPLOYEES = "Kosenai's own employees, under the staff privacy notice; no data subject appears here"
exempt(models.Staff, because=EMPLOYEES)
exempt(models.RoleGrant, because=EMPLOYEES)
exempt(models.Invitation, because=EMPLOYEES)
exempt(models.AccessReview, because=EMPLOYEES)
exempt(models.SavedFilter, because=EMPLOYEES)
exempt(models.Mail, because=EMPLOYEES)
exempt(models.Staff.groups.through, because=EMPLOYEES)
exempt(models.Staff.user_permissions.through, because=EMPLOYEES)
exempt(EmailAddress, because=EMPLOYEES)
exempt(EmailConfirmation, because=EMPLOYEES)
exempt(Authenticator, because=EMPLOYEES)
exempt(UserSession, because=EMPLOYEES)
